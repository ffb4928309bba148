/*
 * table.c - widths, cutting and printing.
 *
 * Numbers keep their width; when a row is wider than the screen the widest text columns give way.
 * Later pages never get narrower columns than earlier ones, so that the columns stay in line.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "num.h"
#include "table.h"
#include "text.h"

#define ROWS_MAX 1000
#define GAP 2
#define TEXT_LEAST 8	/* columns of a text that are always left */

struct table {
	const struct column *columns;
	size_t n;
	size_t screen;
	size_t width[COLUMNS_MAX];
	struct buf text;		/* all cells, one after the other */
	size_t *ends;			/* where each cell ends in text */
	size_t cells;
	size_t room;
	int headed;			/* the header is printed */
	int bold;
};

static int
may_be_bold(void)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (no == NULL || *no == '\0') && term != NULL && *term != '\0' &&
	    strcmp(term, "dumb") != 0;
}

struct table *
table_new(const struct column *columns, size_t n, size_t width)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->columns = columns;
	t->n = n;
	t->screen = width;
	t->bold = may_be_bold();
	for (size_t i = 0; i < n; i++)
		t->width[i] = strlen(columns[i].name);
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	buf_fini(&t->text);
	free(t->ends);
	free(t);
}

static int
make_room(struct table *t)
{
	size_t room = t->room > 0 ? t->room * 2 : 64;
	size_t *ends;

	if (t->cells < t->room)
		return 0;
	if ((ends = realloc(t->ends, room * sizeof(*ends))) == NULL)
		return -1;
	t->ends = ends;
	t->room = room;
	return 0;
}

void
table_put(struct table *t, const char *s, size_t n)
{
	size_t *width = &t->width[t->cells % t->n];
	size_t w = text_width(s, n);

	if (make_room(t) != 0 || !buf_put(&t->text, s, n)) {
		t->text.failed = true;
		return;
	}
	t->ends[t->cells++] = t->text.len;
	if (w > *width)
		*width = w;
}

int
table_is_full(const struct table *t)
{
	return t->cells >= ROWS_MAX * t->n;
}

/* Make the widest text narrower until the row fits. */
static void
fit(struct table *t)
{
	size_t total = GAP * (t->n - 1);
	size_t widest, second, excess;

	for (size_t i = 0; i < t->n; i++)
		total += t->width[i];
	while (total > t->screen) {
		widest = t->n;
		for (size_t i = 0; i < t->n; i++)
			if (t->columns[i].kind == COLUMN_TEXT &&
			    (widest == t->n || t->width[i] > t->width[widest]))
				widest = i;
		if (widest == t->n || t->width[widest] <= TEXT_LEAST)
			return;
		second = TEXT_LEAST;
		for (size_t i = 0; i < t->n; i++)
			if (t->columns[i].kind == COLUMN_TEXT && t->width[i] < t->width[widest] &&
			    t->width[i] > second)
				second = t->width[i];
		excess = total - t->screen;
		if (excess > t->width[widest] - second)
			excess = t->width[widest] - second;
		t->width[widest] -= excess;
		total -= excess;
	}
}

static void
pad(FILE *to, size_t n)
{
	fprintf(to, "%*s", (int)n, "");
}

static void
print_cell(const struct table *t, size_t i, const char *s, size_t n, FILE *to)
{
	size_t width = t->width[i], cols, bytes = text_fit(s, n, width, &cols);
	int cut = bytes < n;

	if (cut)
		bytes = text_fit(s, n, width - 1, &cols);
	if (t->columns[i].kind == COLUMN_NUMBER)
		pad(to, width - cols - (size_t)cut);
	fwrite(s, 1, bytes, to);
	if (cut)
		fputs("…", to);
	if (i + 1 == t->n)
		putc('\n', to);
	else
		pad(to, GAP + (t->columns[i].kind == COLUMN_TEXT ? width - cols - (size_t)cut : 0));
}

static void
print_header(struct table *t, FILE *to)
{
	if (t->bold)
		fputs("\033[1m", to);
	for (size_t i = 0; i < t->n; i++) {
		size_t len = strlen(t->columns[i].name);
		size_t space = t->width[i] > len ? t->width[i] - len : 0;
		if (t->columns[i].kind == COLUMN_NUMBER)
			pad(to, space);
		fputs(t->columns[i].name, to);
		if (i + 1 < t->n)
			pad(to, GAP + (t->columns[i].kind == COLUMN_TEXT ? space : 0));
	}
	fputs(t->bold ? "\033[0m\n" : "\n", to);
	t->headed = 1;
}

void
table_print(struct table *t, FILE *to)
{
	size_t from = 0;

	if (t->cells == 0)
		return;
	fit(t);
	if (!t->headed)
		print_header(t, to);
	for (size_t c = 0; c < t->cells; c++) {
		print_cell(t, c % t->n, t->text.p + from, t->ends[c] - from, to);
		from = t->ends[c];
	}
	t->cells = 0;
	buf_reset(&t->text);
}

size_t
table_screen_width(int fd)
{
	const char *env = getenv("COLUMNS");
	struct winsize w;
	uint64_t cols;

	if (ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	if (env != NULL && num_parse(env, 20, 10000, &cols))
		return (size_t)cols;
	return 80;
}
