// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds a program to its hook: a bpf_link, or a filter of the old tc kind.
#pragma once
#include <bpf/libbpf.h>
#include <cstdint>

struct Attachment {
	virtual ~Attachment() = default;
	/** Detaches. Idempotent; 0 or a negative errno. */
	virtual int Close() = 0;
	/** The bpf_link while attached, null otherwise and for other kinds. */
	virtual bpf_link *Link() { return nullptr; }
	virtual bool IsOpen() const = 0;
	/** Forgets it without detaching; false for what the kernel detaches with its descriptor. */
	virtual bool Disown() { return false; }
};

struct LinkAttachment final : Attachment {
	explicit LinkAttachment(bpf_link *attached) : link(attached) {}
	~LinkAttachment() override { Close(); }
	int Close() override
	{
		bpf_link *mine = link;
		link = nullptr;
		return mine == nullptr ? 0 : bpf_link__destroy(mine);
	}
	bpf_link *Link() override { return link; }
	bool IsOpen() const override { return link != nullptr; }

	bpf_link *link;
};
