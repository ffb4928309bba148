/*
 * folder.h - a folder in memory for a fuzz target, and its files.
 */

#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char fuzz_folder[64];

static inline void
fuzz_file(const char *name, char path[96])
{
	snprintf(path, 96, "%s/%s", fuzz_folder, name);
}

static inline void
fuzz_clear(void)
{
	static const char *const names[] = { "vectors.bin", "hnsw.index", "hnsw.index.new" };
	char path[96];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		fuzz_file(names[i], path);
		unlink(path);
	}
}

static void
fuzz_leave(void)
{
	fuzz_clear();
	rmdir(fuzz_folder);
}

/* Once a process; later calls empty it. */
static inline void
fuzz_enter(void)
{
	if (fuzz_folder[0] == '\0') {
		strcpy(fuzz_folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/coolvec-fuzz-XXXXXX" :
		    "/tmp/coolvec-fuzz-XXXXXX");
		if (mkdtemp(fuzz_folder) == NULL)
			abort();
		atexit(fuzz_leave);
	}
	fuzz_clear();
}

static inline void
fuzz_write(const char *name, const uint8_t *p, size_t n)
{
	char path[96];
	int fd;

	fuzz_file(name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, p, n) != (ssize_t)n)
		abort();
	close(fd);
}

#endif
