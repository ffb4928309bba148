/*
 * interrupt.h - Ctrl-C as something to poll for.
 *
 * The first SIGINT makes a descriptor readable, so that a command can finish what is under way and
 * say what was kept; the second ends the process.
 */

#ifndef COOLVEC_INTERRUPT_H
#define COOLVEC_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT is told by the descriptor, which is returned.  -1: it ends the process as
 * before. */
int interrupt_begin(void);

/* Whether it came. */
bool interrupt_came(void);

#endif
