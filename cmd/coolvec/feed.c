/*
 * feed.c - records out of bytes.
 */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed.h"
#include "text.h"

#define READ_SIZE ((size_t)128 << 10)

void
feed_words(struct feed *f, char **words, int nwords)
{
	*f = (struct feed){ .words = words, .nwords = nwords, .fd = -1,
		.unit = nwords > 1 ? "argument" : NULL };
}

void
feed_lines(struct feed *f, int fd, const char *name, char end, size_t max)
{
	struct stat st;
	off_t at;

	*f = (struct feed){ .fd = fd, .name = name, .end = end, .max = max,
		.unit = end == '\0' ? "record" : "line" };
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (at = lseek(fd, 0, SEEK_CUR)) >= 0 &&
	    at < st.st_size)
		f->total = (uint64_t)(st.st_size - at);
}

void
feed_stdin(struct feed *f, char end, size_t max)
{
	feed_lines(f, STDIN_FILENO, "standard input", end, max);
}

void
feed_blocks(struct feed *f, int fd, const char *name, size_t size, uint64_t n, const char *head)
{
	feed_lines(f, fd, name, '\0', size);
	f->unit = "vector";
	f->size = size;
	f->left = n;
	f->has_head = head != NULL;
	if (head != NULL)
		memcpy(f->head, head, sizeof(f->head));
}

void
feed_fini(struct feed *f)
{
	buf_fini(&f->buf);
}

static enum feed_rc
next_word(struct feed *f, struct record *r)
{
	if (f->nwords == 0)
		return FEED_END;
	*r = (struct record){ .p = *f->words, .n = strlen(*f->words), .place = ++f->place };
	f->words++;
	f->nwords--;
	return FEED_RECORD;
}

/* --- records of one size ---------------------------------------------------------------------- */

static enum feed_rc
broken(struct feed *f, const char *why)
{
	f->broken = why;
	f->ended = true;
	return FEED_END;
}

static enum feed_rc
next_block(struct feed *f, struct record *r)
{
	size_t have = f->buf.len - f->used;
	const char *p = f->buf.p != NULL ? f->buf.p + f->used : "";

	if (f->broken != NULL)
		return FEED_END;
	if (f->left == 0 && have > 0)
		return broken(f, "there is more in it than it says");
	if (f->has_head && have >= sizeof(f->head) && memcmp(p, f->head, sizeof(f->head)) != 0)
		return broken(f, "the next vector has not as many components as the first");
	if (have < f->size || f->left == 0) {
		if (!f->ended)
			return FEED_WAIT;
		if (have > 0)
			return broken(f, "it ends inside a vector");
		return f->left > 0 && f->left != UINT64_MAX ?
		    broken(f, "it ends before its last vector") : FEED_END;
	}
	if (f->left != UINT64_MAX)
		f->left--;
	f->used += f->size;
	f->bytes += f->size;
	*r = (struct record){ .p = p, .n = f->size, .place = ++f->place };
	return FEED_RECORD;
}

/* --- records with an end ---------------------------------------------------------------------- */

/* A record of `n` bytes begins at `p` and `taken` bytes of input are behind it; false: not to be
 * given. */
static bool
give(struct feed *f, struct record *r, const char *p, size_t n, size_t taken)
{
	f->used += taken;
	f->scanned = 0;
	f->bytes += taken;
	f->place++;
	if (f->skipping || n > f->max) {
		f->skipping = false;
		*r = (struct record){ .place = f->place, .too_long = true };
		return true;
	}
	if (f->end == '\n' && n > 0 && p[n - 1] == '\r')
		n--;
	*r = (struct record){ .p = p, .n = n, .place = f->place };
	return n > 0 && (f->end == '\0' || !text_blank(p, n));
}

enum feed_rc
feed_next(struct feed *f, struct record *r)
{
	const char *p, *end;
	size_t left;

	if (f->words != NULL)
		return next_word(f, r);
	if (f->size > 0)
		return next_block(f, r);
	for (;;) {
		left = f->buf.len - f->used;
		p = f->buf.p != NULL ? f->buf.p + f->used : "";
		end = left > f->scanned ? memchr(p + f->scanned, f->end, left - f->scanned) : NULL;
		if (end != NULL) {
			if (give(f, r, p, (size_t)(end - p), (size_t)(end - p) + 1))
				return FEED_RECORD;
			continue;
		}
		f->scanned = left;
		if (!f->ended)
			return FEED_WAIT;
		if (left == 0 && !f->skipping)
			return FEED_END;
		if (give(f, r, p, left, left))
			return FEED_RECORD;
	}
}

/* Of a record that is too long nothing is kept but the fact. */
static void
drop_excess(struct feed *f)
{
	size_t left = f->buf.len - f->used;

	if (f->size > 0 || left <= f->max + 1 || f->scanned != left)
		return;
	f->skipping = true;
	f->bytes += left;
	f->used = f->buf.len;
	f->scanned = 0;
}

void
feed_fill(struct feed *f)
{
	char *to;
	ssize_t n;

	drop_excess(f);
	buf_drop(&f->buf, f->used);
	f->used = 0;
	if ((to = buf_room(&f->buf, READ_SIZE)) == NULL) {
		f->failed = ENOMEM;
		f->ended = true;
		return;
	}
	n = read(f->fd, to, READ_SIZE);
	if (n > 0) {
		buf_used(&f->buf, (size_t)n);
	} else if (n == 0) {
		f->ended = true;
	} else if (errno != EINTR && errno != EAGAIN) {
		f->failed = errno;
		f->ended = true;
	}
}
