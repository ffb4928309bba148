/*
 * manifest.c - the manifest as JSON, and files against it.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "file.h"
#include "manifest.h"
#include "num.h"
#include "vec.h"
#include "wire.h"

#define MANIFEST_VERSION 1
#define MANIFEST_MAX ((size_t)256 << 20)
#define DUMP (JSON_INDENT(1) | JSON_ENSURE_ASCII)

int
manifest_put(struct manifest *m, const char *name, uint64_t size, uint32_t crc, struct err *err)
{
	size_t room = m->room == 0 ? 16 : 2 * m->room;
	struct manifest_file *files;

	if (m->n == m->room) {
		if ((files = reallocarray(m->files, room, sizeof(*files))) == NULL)
			return err_set(err, WIRE_INTERNAL, "no memory for the manifest");
		m->files = files;
		m->room = room;
	}
	m->files[m->n] = (struct manifest_file){ .size = size, .crc = crc };
	snprintf(m->files[m->n++].name, sizeof(m->files[0].name), "%s", name);
	return 0;
}

uint64_t
manifest_bytes(const struct manifest *m)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < m->n; i++)
		bytes += m->files[i].size;
	return bytes;
}

void
manifest_fini(struct manifest *m)
{
	free(m->files);
	*m = (struct manifest){ 0 };
}

/* --- writing ----------------------------------------------------------------------------------- */

static json_t *
sum_json(uint32_t crc)
{
	char text[16];

	snprintf(text, sizeof(text), "%08" PRIx32, crc);
	return json_string(text);
}

/* All but the sum of the whole; NULL: no memory. */
static json_t *
manifest_json(const struct manifest *m)
{
	json_t *files = json_array();

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(files, json_pack("{s:s, s:I, s:o}", "name", m->files[i].name,
		    "size", (json_int_t)m->files[i].size, "crc32c", sum_json(m->files[i].crc)));
	return json_pack("{s:i, s:s, s:I, s:o}", "version", MANIFEST_VERSION, "coolvec",
	    COOLVEC_VERSION, "created", (json_int_t)m->created, "files", files);
}

/* The text of `root` with its sum as last member; to be freed.  NULL: no memory. */
static char *
sealed_text(json_t *root)
{
	char *text = json_dumps(root, DUMP);

	if (text == NULL)
		return NULL;
	json_object_set_new(root, "crc32c", sum_json(vec_crc32c(0, text, strlen(text))));
	free(text);
	return json_dumps(root, DUMP);
}

int
manifest_write(const struct manifest *m, const char *folder, struct err *err)
{
	json_t *root = manifest_json(m);
	char *text = root != NULL ? sealed_text(root) : NULL;
	char path[4200];
	int rc;

	snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, folder);
	if (text == NULL)
		rc = err_set(err, WIRE_INTERNAL, "no memory for the manifest");
	else
		rc = file_write(path, 0600, text, strlen(text), err) == 0 ? 0 : WIRE_INTERNAL;
	free(text);
	json_decref(root);
	return rc;
}

/* --- reading ----------------------------------------------------------------------------------- */

/* meta.db, or collections/<number>/vectors.bin or hnsw.index: nothing else is ever copied back. */
static bool
is_name(const char *name)
{
	static const char in[] = "collections/";
	char number[32];
	const char *slash;
	uint64_t n;

	if (strcmp(name, "meta.db") == 0)
		return true;
	if (strncmp(name, in, strlen(in)) != 0)
		return false;
	name += strlen(in);
	if ((slash = strchr(name, '/')) == NULL || (size_t)(slash - name) >= sizeof(number))
		return false;
	memcpy(number, name, (size_t)(slash - name));
	number[slash - name] = '\0';
	return num_parse(number, 1, INT64_MAX, &n) && number[0] != '0' &&
	    (strcmp(slash, "/vectors.bin") == 0 || strcmp(slash, "/hnsw.index") == 0);
}

static int
take_file(struct manifest *m, json_t *file, struct err *err)
{
	const char *name, *sum;
	json_int_t size;
	char *end;
	uint32_t crc;

	if (json_unpack(file, "{s:s, s:I, s:s !}", "name", &name, "size", &size, "crc32c",
		&sum) != 0 ||
	    !is_name(name) || size < 0)
		return err_set(err, WIRE_INTERNAL, MANIFEST_NAME " names a file that cannot be");
	crc = (uint32_t)strtoul(sum, &end, 16);
	if (*end != '\0' || strlen(sum) != 8)
		return err_set(err, WIRE_INTERNAL, MANIFEST_NAME " has no sum of %s", name);
	return manifest_put(m, name, (uint64_t)size, crc, err);
}

/* Is `text` what manifest_write makes of what it says? */
static bool
is_sealed(json_t *root, const char *text, size_t n)
{
	json_t *copy = json_copy(root);
	char *again;
	bool same;

	json_object_del(copy, "crc32c");
	again = copy != NULL ? sealed_text(copy) : NULL;
	same = again != NULL && strlen(again) == n && memcmp(again, text, n) == 0;
	free(again);
	json_decref(copy);
	return same;
}

static int
take_all(struct manifest *m, json_t *root, struct err *err)
{
	json_t *files, *file;
	json_int_t version, created;
	size_t i;
	int rc;

	if (json_unpack(root, "{s:I}", "version", &version) != 0 || version > MANIFEST_VERSION)
		return err_set(err, WIRE_INTERNAL, MANIFEST_NAME " is of another version than %d",
		    MANIFEST_VERSION);
	if (json_unpack(root, "{s:I, s:o}", "created", &created, "files", &files) != 0)
		return err_set(err, WIRE_INTERNAL, MANIFEST_NAME " is not whole");
	m->created = created;
	json_array_foreach(files, i, file)
		if ((rc = take_file(m, file, err)) != 0)
			return rc;
	return 0;
}

int
manifest_read(const char *folder, struct manifest *m, struct err *err)
{
	char path[4200], *text = NULL;
	json_t *root = NULL;
	size_t n;
	int rc;

	*m = (struct manifest){ 0 };
	snprintf(path, sizeof(path), "%s/" MANIFEST_NAME, folder);
	if ((rc = file_read(path, MANIFEST_MAX, &text, &n, err)) == 1)
		return err_set(err, WIRE_INTERNAL, "there is no " MANIFEST_NAME " in %s", folder);
	if (rc != 0)
		return WIRE_INTERNAL;
	root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(root) || !is_sealed(root, text, n))
		rc = err_set(err, WIRE_INTERNAL, MANIFEST_NAME " is damaged");
	else
		rc = take_all(m, root, err);
	if (rc != 0)
		manifest_fini(m);
	json_decref(root);
	free(text);
	return rc;
}

int
manifest_check(const struct manifest *m, const char *folder, struct err *err)
{
	char path[4300];
	uint64_t size;
	uint32_t crc;
	int fd, rc = 0;

	for (size_t i = 0; i < m->n && rc == 0; i++) {
		const struct manifest_file *f = &m->files[i];

		snprintf(path, sizeof(path), "%s/%s", folder, f->name);
		if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			return err_sys(err, WIRE_INTERNAL, errno, "cannot open %s", f->name);
		if ((rc = copy_sum(fd, &size, &crc, f->name, err)) != 0)
			;
		else if (size != f->size)
			rc = err_set(err, WIRE_INTERNAL, "%s is damaged: it has %" PRIu64
			    " bytes and had %" PRIu64, f->name, size, f->size);
		else if (crc != f->crc)
			rc = err_set(err, WIRE_INTERNAL, "%s is damaged: its CRC32C is %08" PRIx32
			    " and was %08" PRIx32, f->name, crc, f->crc);
		close(fd);
	}
	return rc;
}
