/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_VMX_NESTED_EARLY_CHECK_H
#define __KVM_X86_VMX_NESTED_EARLY_CHECK_H

#include "nested.h"

extern bool enable_nested_early_check;
extern bool warn_on_missed_cc;

void nested_vmx_early_check_init_vmcs02(struct vcpu_vmx *vmx);
enum nvmx_vmentry_status nested_vmx_early_check(struct kvm_vcpu *vcpu);
void nested_vmx_warn_missed_check(struct kvm_vcpu *vcpu);

#endif /* __KVM_X86_VMX_NESTED_EARLY_CHECK_H */
