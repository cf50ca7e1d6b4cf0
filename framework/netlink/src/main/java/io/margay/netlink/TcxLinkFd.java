// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.file.Path;
import jnr.ffi.Pointer;

/**
 * A program's attachment to one side of a device by TCX, since Linux 6.6. It ends with its last
 * descriptor and pin, or with the device.
 */
public final class TcxLinkFd extends BpfFd {
  private static final int BPF_TCX_INGRESS = 46;
  private static final int BPF_TCX_EGRESS = 47;

  /** struct bpf_link_info up to the end of its tcx part. */
  private static final int INFO_BYTES = 24;

  /**
   * What the kernel knows of an attachment.
   *
   * @param programId the kernel's number of the program
   * @param index of the device; 0 once that or the attachment has gone
   */
  public record Info(int programId, int index) {}

  private TcxLinkFd(int fd) {
    super(fd);
  }

  /** Attaches a program behind those that are there already, to a device of this namespace. */
  public static TcxLinkFd attach(BpfProgramFd program, int index, boolean ingress)
      throws NetlinkException {
    BpfCall call =
        new BpfCall(BpfCall.BPF_LINK_CREATE)
            .u32(0, program.fd())
            .u32(4, index)
            .u32(8, ingress ? BPF_TCX_INGRESS : BPF_TCX_EGRESS);
    return new TcxLinkFd(call.run("bpf attach"));
  }

  /** Opens a pinned attachment. */
  public static TcxLinkFd open(Path path) throws NetlinkException {
    return new TcxLinkFd(openPin(path));
  }

  /** Puts another program in the place of the one that runs; no packet meets neither. */
  public void swap(BpfProgramFd program) throws NetlinkException {
    new BpfCall(BpfCall.BPF_LINK_UPDATE).u32(0, fd()).u32(4, program.fd()).run("bpf swap");
  }

  /** Ends the attachment now; letting it go would end it some time later. */
  public void detach() throws NetlinkException {
    new BpfCall(BpfCall.BPF_LINK_DETACH).u32(0, fd()).run("bpf detach");
  }

  public Info info() throws NetlinkException {
    Pointer info = BpfCall.memory(INFO_BYTES);
    info(info, INFO_BYTES);
    return new Info(info.getInt(8), info.getInt(16));
  }
}
