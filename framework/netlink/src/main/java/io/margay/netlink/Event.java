// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

/** What a {@link NetlinkMonitor} tells. */
public sealed interface Event {
  /**
   * An object was created, changed or deleted.
   *
   * @param sender the {@link NetlinkSocket#port} of the socket that asked for it; 0 for the kernel
   *     itself, and for some objects also where a socket asked
   */
  record Changed(boolean deleted, Message message, int sender) implements Event {}

  /**
   * Something of an nftables table was created, changed or deleted.
   *
   * @param message what it was, one of {@link NftMessage}'s types, new or deleted
   * @param table name of the table
   * @param sender the port of the socket that asked for it
   */
  record NftChanged(int message, String table, int sender) implements Event {}

  /** Events were lost (ENOBUFS, or an unreadable message): read again what you know from events. */
  record Overrun() implements Event {}
}
