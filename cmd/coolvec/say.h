/*
 * say.h - sentences on standard error, each in one write and without raw control characters.
 */

#ifndef COOLVEC_SAY_H
#define COOLVEC_SAY_H

/* "coolvec: " and the sentence. */
void say_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same, of a line, text or argument: "coolvec: line 7: reason".  `what` may be NULL. */
void say_bad(const char *what, unsigned long long place, const char *reason);

/* A remark; nothing when `quiet`. */
void say_note(int quiet, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
