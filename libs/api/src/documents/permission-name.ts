/** Names of permissions; the list itself is the plane's, which checks them at boot. */
export type PermissionName = string;
