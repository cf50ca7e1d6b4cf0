// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Collects what nftables tells of packets that are traced, in the network namespace of the thread
 * that opened it. The kernel keeps the messages until they are read. One thread at a time.
 */
public final class NftTraceSocket implements AutoCloseable {
  /** linux/netfilter/nfnetlink.h. */
  private static final int NFNLGRP_NFTRACE = 9;

  /** Room for the messages of some hundred packets. */
  private static final int RECEIVE_BUFFER_BYTES = 1 << 20;

  private final Socket socket;
  private ByteBuffer in = Buffers.take();
  private boolean overrun;

  private NftTraceSocket(Socket socket) {
    this.socket = socket;
  }

  /**
   * Opens a socket that collects from now on.
   *
   * @throws NetlinkException EPROTONOSUPPORT or EINVAL if the kernel has no nftables
   */
  public static NftTraceSocket open() throws NetlinkException {
    Socket socket = Socket.open(Socket.NETLINK_NETFILTER, RECEIVE_BUFFER_BYTES);
    try {
      socket.join(NFNLGRP_NFTRACE);
      return new NftTraceSocket(socket);
    } catch (NetlinkException e) {
      socket.close();
      throw e;
    }
  }

  /** What has come since the last call; does not wait. */
  public List<NftTrace> drain() throws NetlinkException {
    List<NftTrace> found = new ArrayList<>();
    while (receive()) {
      Datagram messages = new Datagram(in);
      while (messages.next()) {
        NftTrace.decode(messages.type(), messages.body()).ifPresent(found::add);
      }
    }
    return found;
  }

  /** Whether messages were lost because there were too many. */
  public boolean isOverrun() {
    return overrun;
  }

  /** Receives one datagram; false when there is none. */
  private boolean receive() throws NetlinkException {
    while (true) {
      try {
        return socket.receiveNow(in);
      } catch (NetlinkException e) {
        if (e.number() != Errno.ENOBUFS) {
          throw e;
        }
        overrun = true;
      }
    }
  }

  @Override
  public void close() {
    if (in != null) {
      socket.close();
      Buffers.give(in);
      in = null;
    }
  }
}
