/*
 * buf.c - growth by doubling.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "num.h"

/* What is secret leaves no copy behind where it was. */
static char *
grow(struct buf *b, size_t room)
{
	char *p;

	if (!b->secret)
		return realloc(b->p, room);
	if ((p = malloc(room)) != NULL && b->p != NULL) {
		memcpy(p, b->p, b->len);
		explicit_bzero(b->p, b->room);
		free(b->p);
	}
	return p;
}

char *
buf_room(struct buf *b, size_t n)
{
	size_t need, room;
	char *p;

	if (b->failed)
		return NULL;
	if (!num_add(b->len, n, &need) || (b->max != 0 && need > b->max) ||
	    !num_add(need, 1, &need)) {
		b->failed = true;
		return NULL;
	}
	if (need > b->room) {
		room = b->room < 256 ? 256 : b->room;
		while (room < need)
			if (!num_mul(room, 2, &room))
				room = need;
		if ((p = grow(b, room)) == NULL) {
			b->failed = true;
			return NULL;
		}
		b->p = p;
		b->room = room;
	}
	return b->p + b->len;
}

void
buf_used(struct buf *b, size_t n)
{
	b->len += n;
	b->p[b->len] = '\0';
}

bool
buf_put(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, n);

	if (to == NULL)
		return false;
	if (n > 0)
		memcpy(to, p, n);
	buf_used(b, n);
	return true;
}

bool
buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

bool
buf_putc(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

bool
buf_putf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || (to = buf_room(b, (size_t)n)) == NULL) {
		b->failed = true;
		return false;
	}
	va_start(ap, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	buf_used(b, (size_t)n);
	return true;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->len - n);
	if (b->secret)
		explicit_bzero(b->p + b->len - n, n);
	b->len -= n;
	b->p[b->len] = '\0';
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

char *
buf_take(struct buf *b, size_t *n)
{
	char *p = b->p;

	if (n != NULL)
		*n = b->len;
	*b = (struct buf){ .max = b->max };
	return p;
}

void
buf_fini(struct buf *b)
{
	if (b->secret && b->p != NULL)
		explicit_bzero(b->p, b->room);
	free(b->p);
	*b = (struct buf){ .max = b->max, .secret = b->secret };
}
