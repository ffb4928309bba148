/*
 * gemini.c - the provider "gemini": Google's embedContent and batchEmbedContents.
 *
 * gemini-embedding-001 is told what a text is for by taskType.  Later models are not: the task stands
 * in the text itself, as a prefix.  Each text is a Content of its own, as the parts of one Content
 * become one vector.
 *
 * Source: https://ai.google.dev/api/embeddings and https://ai.google.dev/gemini-api/docs/embeddings.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "remote.h"

#define FIRST "gemini-embedding-001"
#define DIM 3072
#define BATCH 100

/* Of the models without taskType: what Google's guide puts before a query and a document. */
#define QUERY_PREFIX "task: search result | query: "
#define DOCUMENT_PREFIX "title: none | text: "

static int
gemini_model(struct remote *m, const struct embed_config *c, struct err *err)
{
	const char *name = m->model;

	(void)c;
	if (strncmp(name, "models/", 7) == 0)
		memmove(m->model, name + 7, strlen(name + 7) + 1);
	if (name[0] == '\0')
		return err_set(err, EMBED_EINVAL, "the name of the model of embedder gemini is empty");
	for (const char *s = name; *s != '\0'; s++)	/* it becomes a part of the URL */
		if (!isalnum((unsigned char)*s) && strchr("-._", *s) == NULL)
			return err_set(err, EMBED_EINVAL, "model \"%s\" is none of embedder gemini", name);
	m->ask_dim = true;
	m->tasks = strcmp(name, FIRST) == 0;
	if (m->dim == 0)
		m->dim = DIM;
	if (m->tasks)
		return 0;
	m->prefix[EMBED_QUERY] = strdup(QUERY_PREFIX);
	m->prefix[EMBED_DOCUMENT] = strdup(DOCUMENT_PREFIX);
	if (m->prefix[EMBED_QUERY] == NULL || m->prefix[EMBED_DOCUMENT] == NULL)
		return err_set(err, EMBED_ENOMEM, "no memory for embedder gemini");
	return 0;
}

static char *
gemini_path(const struct remote *m, size_t n)
{
	char *s;

	if (asprintf(&s, "/models/%s:%s", m->model, n == 1 ? "embedContent" : "batchEmbedContents") < 0)
		return NULL;
	return s;
}

static json_t *
gemini_one(const struct remote *m, enum embed_purpose purpose, const struct embed_text *t)
{
	char model[80];
	json_t *one;

	snprintf(model, sizeof(model), "models/%s", m->model);
	one = json_pack("{s:s, s:{s:[{s:o}]}, s:i}", "model", model, "content", "parts", "text",
	    remote_text(m, purpose, t), "outputDimensionality", (int)m->dim);
	if (one != NULL && m->tasks)
		json_object_set_new(one, "taskType", json_string(purpose == EMBED_QUERY ?
		    "RETRIEVAL_QUERY" : "RETRIEVAL_DOCUMENT"));
	return one;
}

static json_t *
gemini_body(const struct remote *m, enum embed_purpose purpose, const struct embed_text *texts, size_t n)
{
	json_t *requests;

	if (n == 1)
		return gemini_one(m, purpose, texts);
	requests = json_array();
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(requests, gemini_one(m, purpose, &texts[i])) != 0) {
			json_decref(requests);
			return NULL;
		}
	return json_pack("{s:o}", "requests", requests);
}

static const json_t *
gemini_row(const json_t *root, size_t i, size_t n)
{
	const json_t *one = n == 1 ? json_object_get(root, "embedding") :
				     json_array_get(json_object_get(root, "embeddings"), i);
	const json_t *values = json_object_get(one, "values");

	return json_is_array(values) ? values : NULL;
}

static size_t
gemini_nrows(const json_t *root)
{
	if (json_is_object(json_object_get(root, "embedding")))
		return 1;
	return json_array_size(json_object_get(root, "embeddings"));
}

static const struct remote_kind kind = {
	.provider = "gemini",
	.base = "https://generativelanguage.googleapis.com/v1beta",
	.model = FIRST,
	.key_setting = "GOOGLE_API_KEY",
	.key_header = "x-goog-api-key: ",
	.dim_max = DIM,
	.texts_max = BATCH,
	.model_init = gemini_model,
	.path = gemini_path,
	.body = gemini_body,
	.row = gemini_row,
	.nrows = gemini_nrows,
};

static int
gemini_open(const struct embed_config *c, struct embed_identity *id, void **state, struct err *err)
{
	return remote_open(&kind, c, id, state, err);
}

const struct embed_provider embed_gemini = {
	.name = "gemini",
	.open = gemini_open,
	.close = remote_close,
	.ready = remote_ready,
	.batch = remote_batch,
	.request = remote_request,
	.reply = remote_reply,
};
