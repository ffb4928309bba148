/*
 * token.c - the token's file.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "state.h"
#include "token.h"

#define TOKEN_MAX 8192

/* The socket's path without relative parts and links in its folder, so that one socket has one
 * name. */
static void
whole_path(const char *socket, char *out, size_t n)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(socket, '/');
	char *real;

	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - socket) + 1, socket);
	real = realpath(folder, NULL);
	snprintf(out, n, "%s/%s", real != NULL && strcmp(real, "/") != 0 ? real : "",
	    slash != NULL ? slash + 1 : socket);
	if (real == NULL)
		snprintf(out, n, "%s", socket);
	free(real);
}

int
token_path(const char *socket, char *path, size_t n, struct err *err)
{
	char whole[PATH_MAX + 128];
	char name[NAME_MAX + 1] = "token-";
	size_t at = strlen(name);

	whole_path(socket, whole, sizeof(whole));
	for (const char *s = whole; *s != '\0'; s++) {
		if (at + 4 > sizeof(name))
			return err_set(err, -1, "the socket's path is too long to keep a token by");
		if (*s == '/' || *s == '%')
			at += (size_t)snprintf(name + at, 4, "%%%02X", (unsigned char)*s);
		else
			name[at++] = *s;
	}
	name[at] = '\0';
	return state_path(name, path, n, err);
}

/* A pipe or a terminal has no readers to speak of; a file's mode is looked at. */
static int
check_mode(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(err, -1, errno, "cannot look at %s", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		return err_set(err, -1, "others may read the token in %s; chmod 600 it", path);
	return 0;
}

static int
read_token(int fd, const char *path, char **token, struct err *err)
{
	char *text = malloc(TOKEN_MAX + 1);
	size_t n = 0;
	ssize_t got = 0;
	int rc = -1;

	while (text != NULL && n < TOKEN_MAX &&
	    ((got = read(fd, text + n, TOKEN_MAX - n)) > 0 || (got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	if (text == NULL) {
		err_set(err, -1, "out of memory");
		goto out;
	}
	if (got < 0) {
		err_sys(err, -1, errno, "cannot read %s", path);
		goto out;
	}
	while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
		n--;
	text[n] = '\0';
	if (n == 0 || strlen(text) != n || strpbrk(text, " \t\r\n") != NULL) {
		err_set(err, -1, "there is no token in %s", path);
		goto out;
	}
	*token = text;
	text = NULL;
	rc = 0;
out:
	if (text != NULL)
		file_forget(text, TOKEN_MAX);
	free(text);
	return rc;
}

int
token_load(const char *path, char **token, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return err_sys(err, -1, errno, "cannot open %s", path);
	if ((rc = check_mode(fd, path, err)) == 0)
		rc = read_token(fd, path, token, err);
	close(fd);
	return rc;
}

int
token_store(const char *path, const char *token, struct err *err)
{
	char *line;
	int n, rc;

	if (state_make_folder(path, err) != 0)
		return -1;
	if ((n = asprintf(&line, "%s\n", token)) < 0)
		return err_set(err, -1, "out of memory");
	rc = file_write(path, 0600, line, (size_t)n, err);
	file_forget(line, (size_t)n);
	free(line);
	return rc;
}

int
token_remove(const char *path, struct err *err)
{
	if (unlink(path) != 0 && errno != ENOENT)
		return err_sys(err, -1, errno, "cannot remove %s", path);
	return 0;
}
