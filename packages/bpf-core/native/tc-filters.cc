// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc-filters.h"
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <linux/netlink.h>
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

/** Counts the filters of one dump. */
int CountAnswers(int socket)
{
	alignas(nlmsghdr) char buffer[32768];
	int count = 0;
	for (;;) {
		ssize_t got = recv(socket, buffer, sizeof(buffer), 0);
		if (got <= 0)
			return -1;
		auto left = static_cast<uint32_t>(got);
		auto *header = reinterpret_cast<nlmsghdr *>(buffer);
		for (; NLMSG_OK(header, left); header = NLMSG_NEXT(header, left)) {
			if (header->nlmsg_type == NLMSG_DONE)
				return count;
			if (header->nlmsg_type == NLMSG_ERROR)
				return -1;
			// The kernel also announces each chain's protocol, without a handle.
			if (header->nlmsg_type == RTM_NEWTFILTER &&
			    static_cast<tcmsg *>(NLMSG_DATA(header))->tcm_handle != 0)
				count++;
		}
	}
}
} // namespace

int CountFilters(int ifindex)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (netlink < 0)
		return -1;
	int total = 0;
	for (uint32_t minor : {TC_H_MIN_INGRESS, TC_H_MIN_EGRESS}) {
		bool asked = Ask(netlink, ifindex, TC_H_MAKE(TC_H_CLSACT, minor));
		int count = asked ? CountAnswers(netlink) : -1;
		if (count < 0) {
			total = -1;
			break;
		}
		total += count;
	}
	close(netlink);
	return total;
}
