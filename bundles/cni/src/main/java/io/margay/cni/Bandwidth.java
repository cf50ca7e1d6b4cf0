// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import io.margay.api.net.Rate;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Limits of a pod's throughput. Of each direction counts the first that somebody has set: the
 * annotation of Calico, that of Kubernetes, the capability {@code bandwidth}.
 *
 * @param receive "ingress", what the pod gets
 * @param send "egress", what the pod sends
 */
record Bandwidth(Optional<Rate> receive, Optional<Rate> send) {
  static final Bandwidth UNLIMITED = new Bandwidth(Optional.empty(), Optional.empty());

  /** A quantity of Kubernetes: {@code 10M}, {@code 1.5Gi}, {@code 1e6}. */
  private static final Pattern QUANTITY =
      Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?)(?:[eE]([0-9]{1,2})|([kMGTP])|([KMGTP])i)?");

  private static final String DECIMAL = "kMGTP";
  private static final String BINARY = "KMGTP";

  static Bandwidth of(JsonFields runtime, Map<String, String> annotations) throws CniException {
    return new Bandwidth(
        rate("ingress", runtime, annotations), rate("egress", runtime, annotations));
  }

  private static Optional<Rate> rate(
      String direction, JsonFields runtime, Map<String, String> annotations) throws CniException {
    String calico = "qos.projectcalico.org/" + direction;
    if (annotations.containsKey(calico + "Bandwidth")) {
      Optional<Long> burst = quantity(calico + "Burst", annotations);
      return rate(calico + "Bandwidth", quantity(calico + "Bandwidth", annotations), burst);
    }
    String kubernetes = "kubernetes.io/" + direction + "-bandwidth";
    if (annotations.containsKey(kubernetes)) {
      return rate(kubernetes, quantity(kubernetes, annotations), Optional.empty());
    }
    JsonFields capability = runtime.object("bandwidth");
    String key = direction + "Rate";
    // 0 is how a runtime that has to write a number says "none".
    return rate(
        "runtimeConfig.bandwidth." + key,
        capability.whole(key).filter(bits -> bits != 0),
        capability.whole(direction + "Burst").filter(bits -> bits != 0));
  }

  private static Optional<Rate> rate(String key, Optional<Long> bits, Optional<Long> burstBits)
      throws CniException {
    if (bits.isEmpty()) {
      return Optional.empty();
    }
    try {
      long rate = bits.get();
      return Optional.of(burstBits.map(b -> Rate.of(rate, b)).orElseGet(() -> Rate.of(rate)));
    } catch (IllegalArgumentException e) {
      throw NetConf.invalid(key, bits.get(), "1000..10^15 bits per second");
    }
  }

  private static Optional<Long> quantity(String key, Map<String, String> annotations)
      throws CniException {
    String text = annotations.get(key);
    if (text == null) {
      return Optional.empty();
    }
    Matcher quantity = QUANTITY.matcher(text);
    if (!quantity.matches()) {
      throw NetConf.invalid(key, text, "bits, such as 10M");
    }
    BigDecimal bits = new BigDecimal(quantity.group(1));
    if (quantity.group(2) != null) {
      bits = bits.scaleByPowerOfTen(Integer.parseInt(quantity.group(2)));
    } else if (quantity.group(3) != null) {
      bits = bits.scaleByPowerOfTen(3 * (DECIMAL.indexOf(quantity.group(3)) + 1));
    } else if (quantity.group(4) != null) {
      bits = bits.multiply(BigDecimal.valueOf(1024).pow(BINARY.indexOf(quantity.group(4)) + 1));
    }
    return Optional.of(bits.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue());
  }
}
