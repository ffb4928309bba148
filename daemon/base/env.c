/*
 * env.c - the .env reader.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "file.h"

#define ENV_FILE_MAX ((size_t)1 << 20)

struct setting {
	char *name;
	char *value;
};

struct env {
	char *folder;		/* of the file, with its slash; "" for the working directory */
	struct setting *list;	/* in the file's order; a later one of a name wins */
	size_t n;
};

static bool
is_name(const char *s, size_t n)
{
	if (n == 0 || (s[0] >= '0' && s[0] <= '9'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!(s[i] == '_' || (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'A' && s[i] <= 'Z') ||
			(s[i] >= 'a' && s[i] <= 'z')))
			return false;
	return true;
}

static char *
skip_blank(char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

static void
trim_end(char *s)
{
	size_t n = strlen(s);

	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		s[--n] = '\0';
}

static char
escape(char c)
{
	return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

/*
 * Undo the quotes of the value at `s`, in place; there is a character before it.  NULL when a quote
 * does not end.
 */
static char *
unquote(char *s)
{
	char quote = *s, *to = s, *from = s;

	if (quote != '"' && quote != '\'') {
		for (; *from != '\0'; from++)
			if (*from == '#' && (from[-1] == ' ' || from[-1] == '\t'))
				break;
		*from = '\0';
		trim_end(s);
		return s;
	}
	for (from++; *from != quote; from++) {
		if (*from == '\0')
			return NULL;
		if (quote == '"' && *from == '\\' && from[1] != '\0')
			*to++ = escape(*++from);
		else
			*to++ = *from;
	}
	from = skip_blank(from + 1);
	if (*from != '\0' && *from != '#' && *from != '\r')
		return NULL;
	*to = '\0';
	return s;
}

static int
parse_line(struct env *e, char *line, const char *path, int number, struct err *err)
{
	struct setting *list, *s;
	char *name, *equals, *value;
	size_t n;

	name = skip_blank(line);
	trim_end(name);
	if (*name == '\0' || *name == '#')
		return 0;
	if (strncmp(name, "export ", 7) == 0)
		name = skip_blank(name + 7);
	if ((equals = strchr(name, '=')) == NULL)
		return err_set(err, -1, "%s line %d: not NAME=value", path, number);
	n = (size_t)(equals - name);
	while (n > 0 && (name[n - 1] == ' ' || name[n - 1] == '\t'))
		n--;
	if (!is_name(name, n))
		return err_set(err, -1, "%s line %d: not a name before the =", path, number);
	if ((value = unquote(skip_blank(equals + 1))) == NULL)
		return err_set(err, -1, "%s line %d: the quotes do not end as they should", path, number);
	if ((list = reallocarray(e->list, e->n + 1, sizeof(*list))) == NULL)
		return err_set(err, -1, "no memory for %s", path);
	e->list = list;
	s = &list[e->n];
	s->name = strndup(name, n);
	s->value = strdup(value);
	e->n++;
	return s->name == NULL || s->value == NULL ? err_set(err, -1, "no memory for %s", path) : 0;
}

int
env_load(const char *path, int must, struct env **out, struct err *err)
{
	struct env *e = NULL;
	char *text = NULL, *line, *next;
	const char *slash = strrchr(path, '/');
	size_t n;
	int rc, number = 0;

	*out = NULL;
	if ((rc = file_read(path, ENV_FILE_MAX, &text, &n, err)) < 0)
		return rc;
	if (rc == 1 && must)
		return err_set(err, -1, "there is no file %s", path);
	rc = -1;
	if ((e = calloc(1, sizeof(*e))) == NULL ||
	    (e->folder = strndup(path, slash != NULL ? (size_t)(slash - path) + 1 : 0)) == NULL) {
		err_set(err, -1, "no memory for %s", path);
		goto out;
	}
	if (text != NULL && strlen(text) != n) {
		err_set(err, -1, "%s has a NUL byte", path);
		goto out;
	}
	for (line = text; line != NULL; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (parse_line(e, line, path, ++number, err) != 0)
			goto out;
	}
	*out = e;
	e = NULL;
	rc = 0;
out:
	if (text != NULL)
		file_forget(text, n);
	free(text);
	env_free(e);
	return rc;
}

void
env_free(struct env *e)
{
	if (e == NULL)
		return;
	for (size_t i = 0; i < e->n; i++) {
		free(e->list[i].name);
		if (e->list[i].value != NULL)
			file_forget(e->list[i].value, strlen(e->list[i].value));
		free(e->list[i].value);
	}
	free(e->list);
	free(e->folder);
	free(e);
}

static const char *
from_file(const struct env *e, const char *name)
{
	for (size_t i = e != NULL ? e->n : 0; i-- > 0;)
		if (strcmp(e->list[i].name, name) == 0)
			return e->list[i].value[0] != '\0' ? e->list[i].value : NULL;
	return NULL;
}

const char *
env_get(const struct env *e, const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : from_file(e, name);
}

char *
env_path(const struct env *e, const char *name, const char *fallback)
{
	const char *value = getenv(name);
	char path[PATH_MAX];

	if (value != NULL && value[0] != '\0')
		return strdup(value);
	if ((value = from_file(e, name)) == NULL)
		return fallback != NULL ? strdup(fallback) : NULL;
	if (value[0] == '/')
		return strdup(value);
	if (snprintf(path, sizeof(path), "%s%s", e->folder, value) >= (int)sizeof(path))
		return NULL;
	return strdup(path);
}

void
env_each(const struct env *e, void (*fn)(void *arg, const char *name), void *arg)
{
	for (size_t i = 0; i < e->n; i++)
		fn(arg, e->list[i].name);
}
