// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What this kernel can do of BPF, found by trying.
 *
 * @param bpf whether maps can be made and pinned, and programs loaded
 * @param tcx whether programs can be attached by {@link TcxLinkFd}
 * @param clsact whether they can be attached by {@link TrafficMessage#program}
 */
public record BpfFacts(boolean bpf, boolean tcx, boolean clsact) {
  private static final int CLONE_NEWNS = 0x20000;
  private static final long MS_REC_PRIVATE = 0x4000 | 0x40000;
  private static final int LOOPBACK = 1;

  /** {@code r0 = TC_ACT_OK; exit}. */
  private static final byte[] PROGRAM = {
    (byte) 0xb7, 0, 0, 0, 0, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0
  };

  /** Something to try. */
  @FunctionalInterface
  private interface Attempt {
    void make() throws NetlinkException;
  }

  /** Tries, in namespaces of networks and mounts that exist only for this; takes milliseconds. */
  public static BpfFacts read() throws NetlinkException, IOException {
    return Netns.callInNew(BpfFacts::tryAll);
  }

  private static BpfFacts tryAll() {
    if (!works(BpfFacts::pinMap)) {
      return new BpfFacts(false, false, false);
    }
    try (BpfProgramFd program = BpfProgramFd.load("probe", PROGRAM)) {
      return new BpfFacts(
          true,
          works(() -> TcxLinkFd.attach(program, LOOPBACK, true).close()),
          works(() -> filter(program)));
    } catch (NetlinkException e) {
      return new BpfFacts(false, false, false);
    }
  }

  private static void pinMap() throws NetlinkException {
    Native.check(Native.C.unshare(CLONE_NEWNS), "create mount namespace");
    Native.check(Native.C.mount("none", "/", null, MS_REC_PRIVATE, null), "make mounts private");
    // Over a folder that every Linux has; only this thread, which ends soon, sees it.
    Path folder = Path.of("/proc");
    BpfFs.mount(folder);
    BpfMapFd.Form form = new BpfMapFd.Form(BpfMapFd.BPF_MAP_TYPE_HASH, 4, 4, 1);
    try (BpfMapFd map = BpfMapFd.create("probe", form)) {
      map.pin(folder.resolve("probe"));
    }
  }

  private static void filter(BpfProgramFd program) throws NetlinkException {
    TrafficMessage filter =
        TrafficMessage.program(LOOPBACK, TrafficMessage.INGRESS, 1, 1)
            .withProgram(program, "probe");
    try (NetlinkSocket socket = NetlinkSocket.open()) {
      socket.execute(Request.add(TrafficMessage.clsact(LOOPBACK)));
      socket.execute(Request.add(filter));
    }
  }

  private static boolean works(Attempt attempt) {
    try {
      attempt.make();
      return true;
    } catch (NetlinkException e) {
      return false; // Whatever the reason: this is what we want to know.
    }
  }
}
