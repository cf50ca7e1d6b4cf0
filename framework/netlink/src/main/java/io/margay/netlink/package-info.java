// SPDX-License-Identifier: Apache-2.0
/**
 * Talks rtnetlink to the Linux kernel: messages, sockets, monitors, network namespaces.
 *
 * <p>A library without dependencies on the rest of the product; a bundle that uses it embeds this
 * package.
 */
package io.margay.netlink;
