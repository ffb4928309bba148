/*
 * err.h - a failure on its way up: a code for programs and a sentence for people.
 *
 * The code belongs to the module that set it (its header lists them); 0 is none.  The sentence is
 * lower case, without a full stop, names the thing and then the reason, and travels untouched.
 */

#ifndef BASE_ERR_H
#define BASE_ERR_H

struct err {
	int code;
	char text[256];
};

/* Fill `e` (NULL is fine) and return `code`.  A sentence that is too long is cut. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same, ending in ": " and the words for the errno `no`. */
int err_sys(struct err *e, int code, int no, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
