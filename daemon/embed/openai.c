/*
 * openai.c - the provider "openai": any service that answers POST /v1/embeddings as OpenAI does.
 *
 * Ollama, llama.cpp, LM Studio, vLLM and text-embeddings-inference do.  Base64 is asked for, a third
 * of the bytes of decimal numbers, and numbers are taken from servers that do not know of it.
 * `dimensions` is sent only when a dim was asked for, as models that cannot be cut refuse it; without
 * it the first answer tells the dim.
 *
 * Source: https://platform.openai.com/docs/api-reference/embeddings.
 */

#include <stdlib.h>
#include <string.h>

#include "remote.h"

#define MODEL "text-embedding-3-small"
#define BATCH 32	/* what text-embeddings-inference takes unless it is told otherwise */

static int
openai_model(struct remote *m, const struct embed_config *c, struct err *err)
{
	(void)err;
	/* going on with a space: as it was asked for then */
	m->ask_dim = c->version != NULL ? strncmp(c->version, "1d", 2) == 0 : c->dim != 0;
	return 0;
}

static char *
openai_path(const struct remote *m, size_t n)
{
	(void)m;
	(void)n;
	return strdup("/embeddings");
}

static json_t *
openai_body(const struct remote *m, enum embed_purpose purpose, const struct embed_text *texts, size_t n)
{
	json_t *input = json_array(), *body;

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(input, remote_text(m, purpose, &texts[i])) != 0) {
			json_decref(input);
			return NULL;
		}
	body = json_pack("{s:s, s:o, s:s}", "model", m->model, "input", input, "encoding_format",
	    "base64");
	if (body != NULL && m->ask_dim)
		json_object_set_new(body, "dimensions", json_integer((json_int_t)m->dim));
	return body;
}

/* The one with that index; by place where there are no indexes. */
static const json_t *
openai_row(const json_t *root, size_t i, size_t n)
{
	const json_t *data = json_object_get(root, "data"), *one;
	size_t at;

	(void)n;
	json_array_foreach(data, at, one) {
		const json_t *index = json_object_get(one, "index");

		if (index == NULL ? at == i : json_is_integer(index) &&
		    json_integer_value(index) == (json_int_t)i)
			return json_object_get(one, "embedding");
	}
	return NULL;
}

static size_t
openai_nrows(const json_t *root)
{
	return json_array_size(json_object_get(root, "data"));
}

static const struct remote_kind kind = {
	.provider = "openai",
	.base = "https://api.openai.com/v1",
	.model = MODEL,
	.key_setting = "EMBED_API_KEY",
	.key_header = "Authorization: Bearer ",
	.dim_max = EMBED_REMOTE_DIM_MAX,
	.texts_max = BATCH,
	.others = true,
	.model_init = openai_model,
	.path = openai_path,
	.body = openai_body,
	.row = openai_row,
	.nrows = openai_nrows,
};

static int
openai_open(const struct embed_config *c, struct embed_identity *id, void **state, struct err *err)
{
	return remote_open(&kind, c, id, state, err);
}

const struct embed_provider embed_openai = {
	.name = "openai",
	.open = openai_open,
	.close = remote_close,
	.ready = remote_ready,
	.batch = remote_batch,
	.request = remote_request,
	.reply = remote_reply,
};
