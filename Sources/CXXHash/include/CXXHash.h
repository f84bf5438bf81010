/// 128-bit XXH3 over bytes that come in pieces: Debian's libxxhash-dev, compiled into this target, so nothing is linked.
#ifndef CXXHASH_H
#define CXXHASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct cxxhash_state cxxhash_state;

/// Both halves of a digest.
typedef struct {
    uint64_t high;
    uint64_t low;
} cxxhash_digest;

/// A state that has begun with `seed`, or NULL where there is no memory.
cxxhash_state *_Nullable cxxhash_create(uint64_t seed);
void cxxhash_free(cxxhash_state *_Nonnull state);
void cxxhash_copy(cxxhash_state *_Nonnull to, const cxxhash_state *_Nonnull from);

/// Begins anew.
void cxxhash_reset(cxxhash_state *_Nonnull state, uint64_t seed);
void cxxhash_update(cxxhash_state *_Nonnull state, const void *_Nullable bytes, size_t count);

/// Of all bytes since the beginning; more may follow.
cxxhash_digest cxxhash_digest_of(const cxxhash_state *_Nonnull state);

#endif
