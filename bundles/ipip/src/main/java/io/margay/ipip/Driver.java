// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.dataplane.KernelFacts;
import java.util.Locale;
import java.util.Optional;

/** Who makes the tunnel packets; on the wire they are alike. */
enum Driver {
  /** The kernel's own device of type {@code ipip}. */
  KERNEL,
  /**
   * A device of another type with BPF programs, for kernels that were built without {@code ipip}.
   */
  EBPF;

  static final String IPIP = "ipip";

  /**
   * What serves this kernel; empty when {@link #whyNone} says why nothing does.
   *
   * @param wanted {@code auto}, or the name of the only one to use
   */
  static Optional<Driver> choose(String wanted, KernelFacts kernel) {
    if (isAuto(wanted)) {
      return kernel.linkTypes().contains(IPIP) || !canEbpf(kernel)
          ? only(KERNEL, kernel)
          : only(EBPF, kernel);
    }
    return only(parse(wanted), kernel);
  }

  private static Optional<Driver> only(Driver driver, KernelFacts kernel) {
    boolean can = driver == KERNEL ? kernel.linkTypes().contains(IPIP) : canEbpf(kernel);
    return can ? Optional.of(driver) : Optional.empty();
  }

  private static boolean canEbpf(KernelFacts kernel) {
    boolean canAttach = kernel.features().contains("tcx") || kernel.features().contains("clsact");
    return kernel.features().contains("bpf") && canAttach && EbpfDevice.type(kernel).isPresent();
  }

  static String whyNone(String wanted, KernelFacts kernel) {
    String ebpf = "BPF programs on a link of type dummy or ifb";
    String need =
        isAuto(wanted)
            ? "neither links of type ipip nor " + ebpf
            : "no " + (parse(wanted) == KERNEL ? "links of type ipip" : ebpf);
    return "the kernel (" + kernel.release() + ") can make " + need;
  }

  /**
   * Checks the name of a driver.
   *
   * @throws IllegalArgumentException when it is none
   */
  static String checked(String wanted) {
    return isAuto(wanted) ? wanted : parse(wanted).name().toLowerCase(Locale.ROOT);
  }

  private static boolean isAuto(String wanted) {
    return wanted.equals("auto");
  }

  private static Driver parse(String wanted) {
    for (Driver driver : values()) {
      if (driver.name().toLowerCase(Locale.ROOT).equals(wanted)) {
        return driver;
      }
    }
    throw new IllegalArgumentException("driver: " + wanted + " (expected: auto, kernel or ebpf)");
  }
}
