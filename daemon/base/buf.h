/*
 * buf.h - bytes that grow, up to a bound.
 *
 * Zeroed memory is an empty buffer.  After the first failure a buffer stays failed and takes no
 * more, so that a row of puts needs one check at its end.
 */

#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *p;	/* len bytes and a NUL after them; NULL while empty */
	size_t len;
	size_t room;	/* bytes at p */
	size_t max;	/* len never passes it; 0: no bound but memory */
	bool failed;
	bool secret;	/* memory it gives up is overwritten first */
};

/* Append; false (and failed) when over the bound or out of memory, then nothing is appended. */
bool buf_put(struct buf *b, const void *p, size_t n);
bool buf_puts(struct buf *b, const char *s);
bool buf_putc(struct buf *b, char c);
bool buf_putf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Make room for `n` more and return where they go (NULL: failed); then buf_used says how many came. */
char *buf_room(struct buf *b, size_t n);
void buf_used(struct buf *b, size_t n);

/* Drop the first `n` bytes. */
void buf_drop(struct buf *b, size_t n);

/* Empty it and keep the memory; give the memory away (the caller frees it); free it. */
void buf_reset(struct buf *b);
char *buf_take(struct buf *b, size_t *n);
void buf_fini(struct buf *b);

#endif
