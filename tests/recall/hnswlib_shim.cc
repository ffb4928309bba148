/*
 * hnswlib_shim.cc - the only C++ here: hnswlib is a library of templates.
 */

#include <memory>

#include <hnswlib/hnswlib.h>

#include "hnswlib_shim.h"

struct rival {
	std::unique_ptr<hnswlib::SpaceInterface<float>> space;
	std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
};

struct rival *
rival_new(size_t dim, int by_dot, size_t most, size_t M, size_t ef_construction)
{
	auto *h = new rival;

	if (by_dot)
		h->space.reset(new hnswlib::InnerProductSpace(dim));
	else
		h->space.reset(new hnswlib::L2Space(dim));
	h->graph.reset(
	    new hnswlib::HierarchicalNSW<float>(h->space.get(), most, M, ef_construction));
	return h;
}

void
rival_free(struct rival *h)
{
	delete h;
}

void
rival_add(struct rival *h, const float *x, size_t label)
{
	h->graph->addPoint(x, label);
}

void
rival_delete(struct rival *h, size_t label)
{
	h->graph->markDelete(label);
}

size_t
rival_search(struct rival *h, const float *x, size_t k, size_t ef, size_t *labels)
{
	size_t n = 0;

	h->graph->setEf(ef);
	for (auto found = h->graph->searchKnn(x, k); !found.empty(); found.pop())
		labels[n++] = found.top().second;
	return n;
}
