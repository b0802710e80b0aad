// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe.h"
#include "args.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>

namespace {
/** The value whose libbpf name is `name`; enums of libbpf are dense and end with a null name. */
template <class Name> int ValueOf(const Napi::Value &value, const char *what, Name nameOf)
{
	std::string name = TextArgument(value, what, 64);
	for (int i = 0; const char *each = nameOf(i); i++)
		if (name == each)
			return i;
	FailArgument(value.Env(), what, "a name that libbpf knows");
}

int ProgramType(const Napi::Value &value)
{
	return ValueOf(value, "program type", [](int i) {
		return libbpf_bpf_prog_type_str(static_cast<bpf_prog_type>(i));
	});
}

Napi::Value Answer(Napi::Env env, const char *operation, int result)
{
	if (result < 0)
		Fail(env, "BPF_PROBE_FAILED", operation, -result);
	return Napi::Boolean::New(env, result == 1);
}

/** (name) => boolean */
Napi::Value ProbeProgramType(const Napi::CallbackInfo &info)
{
	auto type = static_cast<bpf_prog_type>(ProgramType(info[0]));
	LogScope log;
	return Answer(info.Env(), "probe program type", libbpf_probe_bpf_prog_type(type, nullptr));
}

/** (name) => boolean */
Napi::Value ProbeMapType(const Napi::CallbackInfo &info)
{
	bpf_map_type type = MapType(info[0]);
	LogScope log;
	return Answer(info.Env(), "probe map type", libbpf_probe_bpf_map_type(type, nullptr));
}

/** (program type, helper number of enum bpf_func_id) => boolean */
Napi::Value ProbeHelper(const Napi::CallbackInfo &info)
{
	auto type = static_cast<bpf_prog_type>(ProgramType(info[0]));
	auto helper = static_cast<bpf_func_id>(IntegerArgument(info[1], "helper", 1, 1 << 20));
	LogScope log;
	return Answer(info.Env(), "probe helper", libbpf_probe_bpf_helper(type, helper, nullptr));
}

/** => whether links of tcx exist: asks for those of the loopback interface. Since Linux 6.6 */
Napi::Value SupportsTcx(const Napi::CallbackInfo &info)
{
	LIBBPF_OPTS(bpf_prog_query_opts, options);
	constexpr int kLoopback = 1;
	int error = bpf_prog_query_opts(kLoopback, BPF_TCX_INGRESS, &options);
	return Napi::Boolean::New(info.Env(), error == 0 || error == -ENOENT);
}

Napi::Value PossibleCpus(const Napi::CallbackInfo &info)
{
	int count = libbpf_num_possible_cpus();
	if (count < 0)
		Fail(info.Env(), "BPF_PROBE_FAILED", "count processors", -count);
	return Napi::Number::New(info.Env(), count);
}

Napi::Value LibbpfVersion(const Napi::CallbackInfo &info)
{
	return Napi::String::New(info.Env(), libbpf_version_string());
}
} // namespace

bpf_map_type MapType(const Napi::Value &value)
{
	return static_cast<bpf_map_type>(ValueOf(value, "map type", [](int i) {
		return libbpf_bpf_map_type_str(static_cast<bpf_map_type>(i));
	}));
}

void RegisterProbes(Napi::Env env, Napi::Object exports)
{
	exports.Set("probeProgramType", Napi::Function::New<ProbeProgramType>(env));
	exports.Set("probeMapType", Napi::Function::New<ProbeMapType>(env));
	exports.Set("probeHelper", Napi::Function::New<ProbeHelper>(env));
	exports.Set("supportsTcx", Napi::Function::New<SupportsTcx>(env));
	exports.Set("possibleCpus", Napi::Function::New<PossibleCpus>(env));
	exports.Set("libbpfVersion", Napi::Function::New<LibbpfVersion>(env));
}
