// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc-filters.h"
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {
struct Request {
	nlmsghdr header;
	tcmsg message;
};

bool Ask(int socket, int ifindex, uint32_t parent)
{
	Request request = {};
	request.header.nlmsg_len = sizeof(request);
	request.header.nlmsg_type = RTM_GETTFILTER;
	request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	request.message.tcm_family = AF_UNSPEC;
	request.message.tcm_ifindex = ifindex;
	request.message.tcm_parent = parent;
	return send(socket, &request, sizeof(request), 0) == sizeof(request);
}

using OnFilter = std::function<void(nlmsghdr *)>;

/** Hands over each filter of one dump; false when the kernel did not tell. */
bool ReadAnswers(int socket, const OnFilter &onFilter)
{
	alignas(nlmsghdr) char buffer[32768];
	for (;;) {
		ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
		if (got <= 0)
			return false;
		auto left = static_cast<uint32_t>(got);
		auto *header = reinterpret_cast<nlmsghdr *>(buffer);
		for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_type == NLMSG_DONE)
				return true;
			if (header->nlmsg_type == NLMSG_ERROR)
				return false;
			// The kernel also announces each chain's protocol, without a handle.
			if (header->nlmsg_type == RTM_NEWTFILTER &&
			    static_cast<tcmsg *>(NLMSG_DATA(header))->tcm_handle != 0)
				onFilter(header);
		}
	}
}

bool ForEachFilter(int ifindex, uint32_t minor, const OnFilter &onFilter)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0)
		return false;
	bool told =
	    Ask(netlink, ifindex, TC_H_MAKE(TC_H_CLSACT, minor)) && ReadAnswers(netlink, onFilter);
	close(netlink);
	return told;
}

/** The attribute of this type among those of `length` bytes at `first`; null when it is not there.
 */
rtattr *FindAttribute(rtattr *first, int length, int type)
{
	for (rtattr *each = first; RTA_OK(each, length); each = RTA_NEXT(each, length))
		if ((each->rta_type & NLA_TYPE_MASK) == type)
			return each;
	return nullptr;
}

void AddBpfFilter(nlmsghdr *header, std::vector<BpfFilter> &filters)
{
	auto *message = static_cast<tcmsg *>(NLMSG_DATA(header));
	auto *first = reinterpret_cast<rtattr *>(message + 1);
	auto length = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof(*message)));
	rtattr *options = FindAttribute(first, length, TCA_OPTIONS);
	if (options == nullptr)
		return;
	auto *inner = static_cast<rtattr *>(RTA_DATA(options));
	auto innerLength = static_cast<int>(RTA_PAYLOAD(options));
	rtattr *id = FindAttribute(inner, innerLength, TCA_BPF_ID);
	rtattr *name = FindAttribute(inner, innerLength, TCA_BPF_NAME);
	rtattr *kind = FindAttribute(first, length, TCA_KIND);
	if (id == nullptr || name == nullptr || kind == nullptr ||
	    strncmp(static_cast<char *>(RTA_DATA(kind)), "bpf", RTA_PAYLOAD(kind)) != 0)
		return;
	const char *text = static_cast<char *>(RTA_DATA(name));
	std::string whole(text, strnlen(text, RTA_PAYLOAD(name)));
	// libbpf calls a filter "program:[id]".
	filters.push_back({TC_H_MAJ(message->tcm_info) >> 16, message->tcm_handle,
			   *static_cast<uint32_t *>(RTA_DATA(id)),
			   whole.substr(0, whole.find(":["))});
}
} // namespace

int CountFilters(int ifindex)
{
	int total = 0;
	for (uint32_t minor : {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS})
		if (!ForEachFilter(ifindex, minor, [&](nlmsghdr *) { total++; }))
			return -1;
	return total;
}

bool ListBpfFilters(int ifindex, bool ingress, std::vector<BpfFilter> &filters)
{
	return ForEachFilter(ifindex, ingress ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS,
			     [&](nlmsghdr *header) { AddBpfFilter(header, filters); });
}
