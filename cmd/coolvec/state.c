/*
 * state.c - the folder, by the rules of the XDG base directories.
 */

#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "state.h"

int
state_path(const char *name, char *path, size_t n, struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	const struct passwd *pw;
	int len;

	if (state != NULL && state[0] == '/') {
		len = snprintf(path, n, "%s/coolvec/%s", state, name);
	} else {
		if ((home == NULL || home[0] != '/') && (pw = getpwuid(geteuid())) != NULL)
			home = pw->pw_dir;
		if (home == NULL || home[0] != '/')
			return err_set(
			    err, -1, "no place for the token: set HOME or XDG_STATE_HOME");
		len = snprintf(path, n, "%s/.local/state/coolvec/%s", home, name);
	}
	if (len < 0 || (size_t)len >= n)
		return err_set(err, -1, "the state folder's path is too long");
	return 0;
}

int
state_make_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	return file_mkdirs(folder, 0700, err);
}
