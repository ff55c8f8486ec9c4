import { ASK } from './machine/ask.ts';
import { BASICS } from './machine/basics.ts';
import { END } from './machine/end.ts';
import { HELLO } from './machine/hello.ts';
import { KILL } from './machine/kill.ts';
import { LAUNCH } from './machine/launch.ts';
import { SUPERVISE } from './machine/supervise.ts';
import { TURNS } from './machine/turns.ts';
import { VERDICT } from './machine/verdict.ts';

/**
 * The machine side of an SSH worker: functions of POSIX sh that the server sends to `/bin/sh` on each channel it opens,
 * before the first command. Nothing is installed, nothing listens; what has to outlive a connection are the files below
 * the root, and one supervisor (a fork of that sh) per running script. Words come quoted and contents as literals, so
 * that no data becomes program text.
 *
 * - `t/TICKET`: hard link to the file `ptr` of its folder, made in one step once the folder is whole: of two starts of one
 *   ticket one gives up (R143).
 * - `w/NAME`: the folder of one ticket. `space` is the script's own; `out`, `err`, and `index`, which gives each run of
 *   output its place and time for ever; `started`, made with noclobber by whoever runs it, or by whoever sees to it that
 *   it never runs; `exit` or `exit=CODE` (a rename needs no room on the disk); `cancel`; `result` where the end is not
 *   just the exit code.
 * - `m/MUTEX/NUMBER`: the line in which scripts wait for each other (R161). A place is good while its script runs or its
 *   supervisor waits.
 * - `f/TASK/NUMBER`: fences that were seen (I3).
 *
 * Every answer is one line, `octo ID BYTES WORDS`, and so many raw bytes. Needs: sh, bash for the scripts themselves, and
 * mkdir, rm, mv, ln, cat, tail, head, sleep, stat or wc, kill. With /proc a tree is found by OCTO_TICKET, session and
 * descent; without it, by ps.
 */
export const MACHINE = [BASICS, HELLO, VERDICT, SUPERVISE, TURNS, KILL, LAUNCH, ASK, END].join('\n');
