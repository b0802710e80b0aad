// SPDX-License-Identifier: GPL-2.0-or-later
#include "layout.h"
#include "errors.h"
#include <cmath>

namespace {
// Types nest by containment only, and C compilers stop far below; a crafted object may not.
constexpr int kDepth = 32;

void Describe(Napi::Object out, const btf *types, uint32_t id, int depth);

void DescribeEnum(Napi::Object out, const btf *types, const btf_type *type)
{
	Napi::Env env = out.Env();
	Napi::Array values = Napi::Array::New(env);
	bool isSigned = btf_kflag(type);
	for (unsigned i = 0; i < btf_vlen(type); i++) {
		Napi::Object entry = Napi::Object::New(env);
		uint32_t name;
		int64_t value;
		if (btf_is_enum64(type)) {
			const struct btf_enum64 *each = btf_enum64(type) + i;
			name = each->name_off;
			value = static_cast<int64_t>(btf_enum64_value(each));
		} else {
			const struct btf_enum *each = btf_enum(type) + i;
			name = each->name_off;
			value = each->val;
			if (!isSigned)
				value = static_cast<uint32_t>(each->val);
		}
		entry.Set("name", btf__name_by_offset(types, name));
		if (std::abs(static_cast<double>(value)) < 9007199254740992.0 &&
		    (isSigned || value >= 0))
			entry.Set("value", Napi::Number::New(env, static_cast<double>(value)));
		else if (isSigned)
			entry.Set("value", Napi::BigInt::New(env, value));
		else
			entry.Set("value", Napi::BigInt::New(env, static_cast<uint64_t>(value)));
		values.Set(i, entry);
	}
	out.Set("kind", "enum");
	out.Set("signed", isSigned);
	out.Set("values", values);
}

Napi::Array DescribeFields(Napi::Env env, const btf *types, const btf_type *type, int depth)
{
	Napi::Array fields = Napi::Array::New(env, btf_vlen(type));
	const btf_member *member = btf_members(type);
	for (unsigned i = 0; i < btf_vlen(type); i++, member++) {
		Napi::Object field = Napi::Object::New(env);
		uint32_t bitOffset = btf_member_bit_offset(type, i);
		uint32_t bits = btf_member_bitfield_size(type, i);
		field.Set("name", btf__name_by_offset(types, member->name_off));
		Describe(field, types, member->type, depth + 1);
		if (bits == 0) {
			field.Set("offset", bitOffset / 8);
		} else {
			// The bits counted from the start of the storage unit that holds them.
			uint32_t size = field.Get("size").ToNumber().Uint32Value();
			uint32_t unit = size == 0 ? 8 : size * 8;
			field.Set("offset", bitOffset / unit * unit / 8);
			field.Set("bits", bits);
			field.Set("bitOffset", bitOffset % unit);
		}
		fields.Set(i, field);
	}
	return fields;
}

void DescribeInteger(Napi::Object out, const btf *types, const btf_type *type)
{
	uint8_t encoding = btf_int_encoding(type);
	std::string name = btf__name_by_offset(types, type->name_off);
	bool isChar = (encoding & BTF_INT_CHAR) != 0 || name == "char";
	out.Set("kind", (encoding & BTF_INT_BOOL) != 0 ? "bool" : isChar ? "char" : "int");
	out.Set("signed", (encoding & BTF_INT_SIGNED) != 0);
}

void Describe(Napi::Object out, const btf *types, uint32_t id, int depth)
{
	Napi::Env env = out.Env();
	if (depth > kDepth)
		Fail(env, "BPF_BTF_INVALID",
		     "describe a type nested deeper than " + std::to_string(kDepth) + " levels");
	std::string alias;
	const btf_type *type = btf__type_by_id(types, id);
	for (int hops = 0; type != nullptr && hops <= kDepth; hops++) {
		if (btf_is_typedef(type) && alias.empty())
			alias = btf__name_by_offset(types, type->name_off);
		if (!btf_is_mod(type) && !btf_is_typedef(type) && !btf_is_type_tag(type))
			break;
		id = type->type;
		type = btf__type_by_id(types, id);
	}
	int64_t size = btf__resolve_size(types, id);
	out.Set("size", Napi::Number::New(env, static_cast<double>(size < 0 ? 0 : size)));
	if (alias.empty() && type != nullptr)
		alias = btf__name_by_offset(types, type->name_off);
	out.Set("type", alias);
	switch (type == nullptr ? BTF_KIND_UNKN : btf_kind(type)) {
	case BTF_KIND_INT:
		return DescribeInteger(out, types, type);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return DescribeEnum(out, types, type);
	case BTF_KIND_PTR:
		out.Set("kind", "pointer");
		return;
	case BTF_KIND_FLOAT:
		out.Set("kind", "float");
		return;
	case BTF_KIND_ARRAY: {
		Napi::Object element = Napi::Object::New(env);
		Describe(element, types, btf_array(type)->type, depth + 1);
		out.Set("kind", "array");
		out.Set("count", btf_array(type)->nelems);
		out.Set("element", element);
		return;
	}
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		out.Set("kind", btf_is_struct(type) ? "struct" : "union");
		out.Set("fields", DescribeFields(env, types, type, depth));
		return;
	default:
		out.Set("kind", "void");
	}
}
} // namespace

Napi::Value DescribeType(Napi::Env env, const btf *types, uint32_t id)
{
	if (id == 0 || btf__type_by_id(types, id) == nullptr)
		return env.Undefined();
	Napi::Object out = Napi::Object::New(env);
	Describe(out, types, id, 0);
	return out;
}

Napi::Value StructByName(Napi::Env env, const btf *types, const std::string &name)
{
	int32_t id = btf__find_by_name_kind(types, name.c_str(), BTF_KIND_STRUCT);
	if (id < 0)
		id = btf__find_by_name_kind(types, name.c_str(), BTF_KIND_UNION);
	if (id < 0)
		return env.Undefined();
	Napi::Object out = Napi::Object::New(env);
	out.Set("name", name);
	Describe(out, types, static_cast<uint32_t>(id), 0);
	return out;
}
