/*
 * words_import.c - from text to table.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "file.h"
#include "local_hash.h"
#include "local_tokens.h"
#include "words_build.h"
#include "words_import.h"
#include "words_read.h"

struct import {
	struct words_reader reader;
	struct words_build *build;
	struct token_block *block;
	struct words_imported *out;
};

/*
 * The hash of the last word read, folded as a text would be.  False: a text would make no or several
 * tokens of it.
 */
static bool
word_key(struct import *m, uint64_t *key)
{
	struct token_block *b = m->block;
	struct token_reader r;
	int more;

	tokens_init(&r, m->reader.word, m->reader.len);
	if ((more = tokens_next(&r, b)) < 0) {
		m->out->odd++;
		return false;
	}
	if (more != 0 || b->n != 1) {
		m->out->unfit++;
		return false;
	}
	*key = hash_units(HASH_WORD, b->units + b->tokens[0].at, b->tokens[0].n);
	return true;
}

static int
import_word(struct import *m, struct err *err)
{
	uint64_t key;
	int rc;

	if (m->build == NULL) {
		m->out->dim = m->reader.dim;
		if ((m->build = words_build_new(m->reader.dim)) == NULL)
			return err_set(err, EMBED_ENOMEM, "no memory for words");
	}
	m->out->read++;
	if (!word_key(m, &key))
		return 0;
	rc = words_build_add(m->build, key, (uint32_t)(m->reader.n - 1), m->reader.x, err);
	if (rc == 1)
		m->out->unfit++;
	else if (rc == 0)
		m->out->kept++;
	return rc < 0 ? rc : 0;
}

static int
import_save(struct import *m, const char *folder, const char *name, struct err *err)
{
	char parent[4096];
	unsigned char *bytes = NULL;
	uint64_t n;
	int rc;

	if ((rc = words_build_finish(m->build, &bytes, &m->out->bytes, &n, err)) != 0)
		return rc;
	m->out->twice = m->out->kept - n;
	m->out->kept = n;
	snprintf(parent, sizeof(parent), "%s/words", folder);
	if ((rc = words_path(folder, name, m->out->path, sizeof(m->out->path), err)) == 0 &&
	    (rc = file_mkdirs(parent, 0700, err)) == 0 && (rc = file_sync_folder(folder, err)) == 0)
		rc = file_write(m->out->path, 0600, bytes, m->out->bytes, err);
	free(bytes);
	return rc;
}

int
words_import(FILE *f, const char *what, const char *folder, const char *name,
    struct words_imported *out, struct err *err)
{
	struct import m = { .out = out };
	int rc;

	memset(out, 0, sizeof(*out));
	words_reader_init(&m.reader, f, what);
	/* a name that cannot be is better said before a gigabyte is read */
	if ((rc = words_path(folder, name, out->path, sizeof(out->path), err)) != 0)
		goto out;
	if ((m.block = malloc(sizeof(*m.block))) == NULL) {
		rc = err_set(err, EMBED_ENOMEM, "no memory for words");
		goto out;
	}
	while ((rc = words_reader_next(&m.reader, err)) == 1)
		if ((rc = import_word(&m, err)) != 0)
			goto out;
	if (rc == 0 && m.build == NULL)
		rc = err_set(err, EMBED_EINVAL, "%s has no words", what);
	if (rc == 0)
		rc = import_save(&m, folder, name, err);
out:
	words_build_free(m.build);
	words_reader_fini(&m.reader);
	free(m.block);
	return rc;
}
