/*
 * export_sink.c - a file by way of a partial one.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app.h"
#include "export.h"
#include "npy.h"
#include "say.h"

static int
failed(const struct sink *s, const char *what)
{
	if (s->to == stdout)
		out_failed(s->out);
	else
		say_error("cannot %s %s: %s", what, s->name, strerror(errno));
	return EXIT_FAILED;
}

/* Where writing begins, when one can go back there: not in a pipe, nor where all is appended. */
static off_t
start_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (fcntl(fd, F_GETFL) & O_APPEND) != 0)
		return -1;
	return lseek(fd, 0, SEEK_CUR);
}

int
sink_open(struct sink *s, const char *file, struct out *out)
{
	struct stat st;
	int fd;

	*s = (struct sink){ .name = file, .out = out };
	if (strcmp(file, "-") == 0) {
		s->name = "standard output";
		s->to = stdout;
		s->start = start_of(STDOUT_FILENO);
		s->screen = isatty(STDOUT_FILENO) != 0;
		return 0;
	}
	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode)) {
		fd = open(file, O_WRONLY | O_CLOEXEC);
	} else {
		if (asprintf(&s->partial, "%s.partial", file) < 0) {
			s->partial = NULL;
			return app_no_memory();
		}
		fd = open(s->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	}
	if (fd < 0 || (s->to = fdopen(fd, "w")) == NULL) {
		failed(s, "open");
		if (fd >= 0)
			close(fd);
		return EXIT_FAILED;
	}
	s->start = start_of(fd);
	return 0;
}

int
sink_put(struct sink *s, const void *p, size_t n)
{
	return fwrite(p, 1, n, s->to) == n ? 0 : failed(s, "write");
}

int
sink_npy(struct sink *s, uint64_t rows, size_t dim)
{
	char head[NPY_WRITTEN];

	npy_write(&(struct npy){ rows, dim }, head);
	return sink_put(s, head, sizeof(head));
}

int
sink_npy_again(struct sink *s, uint64_t rows, size_t dim)
{
	char head[NPY_WRITTEN];

	if (s->start < 0) {
		say_error("the collection changed meanwhile: %llu vectors were written, and the "
			  "head says otherwise", (unsigned long long)rows);
		return EXIT_FAILED;
	}
	npy_write(&(struct npy){ rows, dim }, head);
	if (fflush(s->to) != 0 ||
	    pwrite(fileno(s->to), head, sizeof(head), s->start) != (ssize_t)sizeof(head))
		return failed(s, "write");
	return 0;
}

int
sink_keep(struct sink *s)
{
	if (fflush(s->to) != 0 || ferror(s->to) ||
	    (s->partial != NULL && fsync(fileno(s->to)) != 0))
		return failed(s, "write");
	if (s->partial != NULL && rename(s->partial, s->name) != 0)
		return failed(s, "make");
	free(s->partial);
	s->partial = NULL;
	return 0;
}

void
sink_drop(struct sink *s)
{
	if (s->to != NULL && s->to != stdout)
		fclose(s->to);
	if (s->partial != NULL)
		unlink(s->partial);
	free(s->partial);
	*s = (struct sink){ 0 };
}
