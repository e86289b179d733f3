// SPDX-License-Identifier: GPL-2.0
/*
 * Hangs the machine as a lost spin lock does: every CPU loops in the kernel with its interrupts off. Nothing is answered any
 * more, not even ARP; neither timers nor the soft lockup detector run. Only an NMI still reaches the CPUs.
 */
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/smp.h>

static void spin_for_ever(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static int __init cdi_hang_init(void)
{
	pr_emerg("cdi_hang: every CPU stops here\n");
	preempt_disable();
	smp_call_function(spin_for_ever, NULL, 0);
	spin_for_ever(NULL);
	return 0;
}

module_init(cdi_hang_init);
MODULE_DESCRIPTION("Makes every CPU spin in the kernel with interrupts off");
MODULE_LICENSE("GPL");
