/*
 * bench_peer.cc - hnswlib and, where its header is there, faiss.
 */

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <hnswlib/hnswlib.h>
#ifdef HAVE_FAISS
#include <faiss/IndexHNSW.h>
#include <faiss/index_io.h>
#include <omp.h>
#endif

#include "bench_peer.h"

struct peer {
	virtual ~peer() = default;
	virtual void build(const float *rows, size_t n, unsigned threads) = 0;
	virtual void save(const char *path) = 0;
	virtual void load(const char *path) = 0;
	virtual size_t search(const float *q, size_t k, size_t ef, uint32_t *ids) = 0;
};

namespace {

struct hnswlib_peer : peer {
	std::unique_ptr<hnswlib::SpaceInterface<float>> space;
	std::unique_ptr<hnswlib::HierarchicalNSW<float>> graph;
	size_t dim, most;

	hnswlib_peer(size_t d, bool by_dot, size_t n, unsigned M, unsigned ef) : dim(d), most(n)
	{
		if (by_dot)
			space.reset(new hnswlib::InnerProductSpace(d));
		else
			space.reset(new hnswlib::L2Space(d));
		graph.reset(new hnswlib::HierarchicalNSW<float>(space.get(), n, M, ef));
	}

	void build(const float *rows, size_t n, unsigned threads) override
	{
		std::atomic<size_t> next{ 1 };
		std::vector<std::thread> pool;

		graph->addPoint(rows, 0);
		for (unsigned t = 0; t < threads; t++)
			pool.emplace_back([&] {
				for (size_t i; (i = next++) < n;)
					graph->addPoint(rows + i * dim, i);
			});
		for (auto &t : pool)
			t.join();
	}

	void save(const char *path) override { graph->saveIndex(path); }

	void load(const char *path) override
	{
		graph.reset(new hnswlib::HierarchicalNSW<float>(space.get(), path, false, most));
	}

	size_t search(const float *q, size_t k, size_t ef, uint32_t *ids) override
	{
		size_t n = 0;

		graph->setEf(ef);
		for (auto found = graph->searchKnn(q, k); !found.empty(); found.pop())
			ids[n++] = (uint32_t)found.top().second;
		return n;
	}
};

#ifdef HAVE_FAISS
struct faiss_peer : peer {
	std::unique_ptr<faiss::IndexHNSW> index;

	faiss_peer(size_t d, bool by_dot, unsigned M, unsigned ef)
	{
		index.reset(new faiss::IndexHNSWFlat(
		    (int)d, (int)M, by_dot ? faiss::METRIC_INNER_PRODUCT : faiss::METRIC_L2));
		index->hnsw.efConstruction = (int)ef;
	}

	void build(const float *rows, size_t n, unsigned threads) override
	{
		omp_set_num_threads((int)threads);
		index->add((faiss::Index::idx_t)n, rows);
		omp_set_num_threads(1);
	}

	void save(const char *path) override { faiss::write_index(index.get(), path); }

	void load(const char *path) override
	{
		omp_set_num_threads(1);
		index.reset(dynamic_cast<faiss::IndexHNSW *>(faiss::read_index(path)));
	}

	size_t search(const float *q, size_t k, size_t ef, uint32_t *ids) override
	{
		faiss::Index::idx_t labels[100];
		float distances[100];
		size_t n = 0;

		index->hnsw.efSearch = (int)ef;
		index->search(1, q, (faiss::Index::idx_t)k, distances, labels);
		for (size_t i = 0; i < k; i++)
			if (labels[i] >= 0)
				ids[n++] = (uint32_t)labels[i];
		return n;
	}
};
#endif

}

struct peer *
peer_new(const char *kind, size_t dim, int by_dot, size_t n, unsigned M, unsigned ef_construction)
{
	if (std::strcmp(kind, "hnswlib") == 0)
		return new hnswlib_peer(dim, by_dot, n, M, ef_construction);
#ifdef HAVE_FAISS
	if (std::strcmp(kind, "faiss") == 0)
		return new faiss_peer(dim, by_dot, M, ef_construction);
#endif
	return nullptr;
}

void
peer_free(struct peer *p)
{
	delete p;
}

void
peer_build(struct peer *p, const float *rows, size_t n, unsigned threads)
{
	p->build(rows, n, threads);
}

int
peer_save(struct peer *p, const char *path)
try {
	p->save(path);
	return 0;
} catch (...) {
	return -1;
}

int
peer_load(struct peer *p, const char *path)
try {
	p->load(path);
	return 0;
} catch (...) {
	return -1;
}

size_t
peer_search(struct peer *p, const float *q, size_t k, size_t ef, uint32_t *ids)
{
	return p->search(q, k, ef, ids);
}
