// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.file.Path;
import jnr.ffi.Pointer;

/**
 * A map, a program or an attachment of BPF, held by a file descriptor. The kernel keeps it for as
 * long as a descriptor, a pin or another object uses it.
 */
public abstract sealed class BpfFd implements AutoCloseable
    permits BpfMapFd, BpfProgramFd, TcxLinkFd {
  private final int fd;
  private boolean closed;

  BpfFd(int fd) {
    this.fd = fd;
  }

  /** The descriptor; valid until {@link #close}. */
  public int fd() {
    return fd;
  }

  /**
   * Gives the object a name in a BPF file system, under which it outlives this process. Removing
   * the file lets it go.
   *
   * @throws NetlinkException EEXIST if the name is taken, EPERM if it has a dot or if this is no
   *     BPF file system
   */
  public void pin(Path path) throws NetlinkException {
    new BpfCall(BpfCall.BPF_OBJ_PIN).string(0, path.toString()).u32(8, fd).run("bpf pin " + path);
  }

  /** Opens what is pinned there. */
  static int openPin(Path path) throws NetlinkException {
    return new BpfCall(BpfCall.BPF_OBJ_GET).string(0, path.toString()).run("bpf open " + path);
  }

  /** Has the kernel fill in what it knows of this object, as far as there is room. */
  void info(Pointer info, int bytes) throws NetlinkException {
    new BpfCall(BpfCall.BPF_OBJ_GET_INFO_BY_FD)
        .u32(0, fd)
        .u32(4, bytes)
        .pointer(8, info)
        .run("bpf info");
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Native.C.close(fd);
    }
  }
}
