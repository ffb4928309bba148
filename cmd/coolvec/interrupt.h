/*
 * interrupt.h - Ctrl-C as something to poll for.
 *
 * For one command the first SIGINT makes a descriptor readable, so that the command can finish what
 * is under way and say what was kept; the second ends the process.  The prompt keeps the descriptor
 * for all its commands, and no SIGINT ends it.
 */

#ifndef COOLVEC_INTERRUPT_H
#define COOLVEC_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT is told by the descriptor, which is returned.  -1: it ends the process as
 * before. */
int interrupt_begin(void);

/* The same for all commands of the prompt, whose interrupt_begin then returns this one. */
int interrupt_session(void);

/* That descriptor; -1 when there is no prompt. */
int interrupt_session_fd(void);

/* Whether it came. */
bool interrupt_came(void);

/* It was seen: the descriptor is readable only when it comes again.  interrupt_came stays true. */
void interrupt_seen(void);

/* It has been dealt with, and the next command begins without. */
void interrupt_clear(void);

#endif
