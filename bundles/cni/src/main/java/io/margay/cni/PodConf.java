// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.margay.api.net.Cidr;
import io.margay.api.net.MacAddress;
import io.margay.cni.CniException.Code;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the runtime says about the pod.
 *
 * @param labels from {@code args.cni.labels}
 * @param annotations from {@code args.cni.annotations} and, which win, {@code
 *     runtimeConfig["io.kubernetes.cri.pod-annotations"]}
 * @param mac fixed MAC of the pod's end
 * @param otherSources prefixes from which it may send beside its addresses
 * @param bandwidth limits of what it receives and sends
 */
record PodConf(
    Map<String, String> labels,
    Map<String, String> annotations,
    Optional<MacAddress> mac,
    List<Cidr> otherSources,
    Bandwidth bandwidth) {
  static final PodConf NONE =
      new PodConf(Map.of(), Map.of(), Optional.empty(), List.of(), Bandwidth.UNLIMITED);
  private static final String POD_ANNOTATIONS = "io.kubernetes.cri.pod-annotations";
  private static final String SOURCE_PREFIXES = "cni.projectcalico.org/allowedSourcePrefixes";
  private static final String HW_ADDR = "cni.projectcalico.org/hwAddr";

  /**
   * Capabilities that a configuration must not promise for us. Port mappings are made by {@code
   * portmap}, which reads its own copy.
   */
  private static final List<String> UNSUPPORTED = List.of("ipRanges", "infinibandGUID", "deviceID");

  PodConf {
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
    otherSources = List.copyOf(otherSources);
  }

  static PodConf of(JsonFields conf) throws CniException {
    JsonFields runtime = conf.object("runtimeConfig");
    for (String key : UNSUPPORTED) {
      if (runtime.has(key)) {
        throw new CniException(
            Code.UNSUPPORTED_FIELD,
            "runtimeConfig.%s: %s is not supported (expected: a plugin that does, further down"
                    .formatted(key, runtime.json().orElseThrow().get(key))
                + " the chain)");
      }
    }
    Map<String, String> labels = args(conf, "labels");
    Map<String, String> annotations = annotations(conf);
    Optional<String> annotated = Optional.ofNullable(annotations.get(HW_ADDR));
    Optional<String> mac = annotated.isPresent() ? annotated : runtime.string("mac");
    Bandwidth bandwidth = Bandwidth.of(runtime, annotations);
    List<Cidr> sources = otherSources(annotations);
    return new PodConf(labels, annotations, mac("mac", mac), sources, bandwidth);
  }

  static Map<String, String> annotations(JsonFields conf) throws CniException {
    Map<String, String> annotations = args(conf, "annotations");
    annotations.putAll(conf.object("runtimeConfig").object(POD_ANNOTATIONS).map());
    return annotations;
  }

  /** A list of {@code args.cni} by the convention for labels: objects with key and value. */
  private static Map<String, String> args(JsonFields conf, String list) throws CniException {
    Map<String, String> values = new LinkedHashMap<>();
    for (JsonFields item : conf.object("args").object("cni").objects(list)) {
      values.put(item.required("key"), item.required("value"));
    }
    return values;
  }

  /** A JSON list in a text, as Calico has it. */
  private static List<Cidr> otherSources(Map<String, String> annotations) throws CniException {
    String text = annotations.get(SOURCE_PREFIXES);
    if (text == null) {
      return List.of();
    }
    try {
      List<Cidr> prefixes = new ArrayList<>();
      for (JsonElement prefix : JsonParser.parseString(text).getAsJsonArray()) {
        prefixes.add(Cidr.parse(prefix.getAsString()));
      }
      return prefixes;
    } catch (JsonParseException | IllegalStateException | IllegalArgumentException e) {
      throw NetConf.invalid(SOURCE_PREFIXES, text, "a list such as [\"10.0.0.0/8\"]");
    }
  }

  static Optional<MacAddress> mac(String key, Optional<String> text) throws CniException {
    try {
      return text.map(MacAddress::parse);
    } catch (IllegalArgumentException e) {
      throw NetConf.invalid(key, text.orElse(""), "six hex pairs such as ee:ee:ee:ee:ee:ee");
    }
  }
}
