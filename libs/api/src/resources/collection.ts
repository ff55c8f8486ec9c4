import { listOf, wireForm, type WireForm } from '../wire-form.ts';
import { each, int, str, strMap, type Shape } from '../wire-shape.ts';

/** Link templates by name. Source: rest.md 1.8. */
export type Links = Readonly<Record<string, string>>;

/** One page of a collection. Source: rest.md 1.7. */
export interface Paged<T> {
  readonly itemType: string;
  readonly totalResults: number;
  readonly itemsPerPage: number;
  readonly numberOfPages: number;
  /** From 0. */
  readonly lastPageNumber: number;
  readonly items: readonly T[];
  /** Self, Template, Page.All, Page.Current, Page.Last; Page.Next and Page.Previous where there is one. */
  readonly links: Links;
}

/** A collection's own members beside the standard ones are given with their shapes. */
export function pagedOf<T, M extends object = object>(item: WireForm<T>, more?: Shape<M>): WireForm<Paged<T> & M> {
  const shape = {
    itemType: str,
    ...each(int, 'totalResults', 'itemsPerPage', 'numberOfPages', 'lastPageNumber'),
    links: strMap,
    items: listOf(item).shape,
    ...(more as object | undefined),
  };
  return wireForm<Paged<T> & M>(shape as unknown as Shape<Paged<T> & M>); // the members of Paged, and those of M
}
