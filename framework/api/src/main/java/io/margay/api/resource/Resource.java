// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import io.margay.api.store.Key;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A resource of any kind: the envelope {@code apiVersion}, {@code kind}, {@code metadata}, {@code
 * spec} and {@code status} of Calico's model. Immutable. Fields that we do not know survive {@code
 * parse}, {@code withX} and {@code toJson} at every level.
 *
 * <p>{@code of} and {@code withX} throw IllegalArgumentException when the result would be invalid.
 */
public abstract sealed class Resource
    permits BgpConfiguration,
        BgpFilter,
        BgpPeer,
        BlockAffinity,
        ClusterInformation,
        Document,
        FelixConfiguration,
        IpPool,
        IpReservation,
        IpamBlock,
        IpamConfiguration,
        IpamHandle,
        Namespace,
        Node,
        NodeAnswer,
        NodeModeStatus,
        NodeQuery,
        WorkloadEndpoint {
  /** Version of the kinds that people write. */
  static final String V3 = "projectcalico.org/v3";

  /** Version of the kinds that only programs write. */
  static final String V1 = "crd.projectcalico.org/v1";

  /** Version of the kinds that Calico does not have. */
  static final String MARGAY = "margay.io/v1";

  /** DNS-1123 subdomain, the rule for names that people choose. */
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private static final int MAX_NAME = 253;

  private final Map<String, Object> document;
  private final String kind;
  private final Metadata metadata;

  /** Reads the envelope. */
  Resource(String kind, Fields root) {
    this(kind, root, root.values());
  }

  /**
   * Reads the envelope.
   *
   * @param kept the part of the document to keep, when the subclass keeps the rest itself
   */
  Resource(String kind, Fields root, Map<String, Object> kept) {
    this.kind = kind;
    this.document = kept;
    root.required("apiVersion");
    root.required("kind").filter(k -> !k.equals(kind)).ifPresent(k -> root.problem("kind", kind));
    this.metadata = new Metadata(root.object("metadata"));
  }

  /** A changed resource with the envelope of this one. */
  Resource(Resource before) {
    this.kind = before.kind;
    this.document = before.document;
    this.metadata = before.metadata;
  }

  /** Name of the kind, as in the document. */
  public final String kind() {
    return kind;
  }

  public final Metadata metadata() {
    return metadata;
  }

  /** Name of the resource; short for that of {@link #metadata}. */
  public final String name() {
    return metadata.name();
  }

  /** Where the store has it. */
  public final Key key() {
    return new Key(kind, metadata.namespace(), metadata.name());
  }

  /** The whole document as the values of {@link Json}. */
  public Map<String, Object> toMap() {
    return document;
  }

  /** The whole document in compact UTF-8 JSON. */
  public final byte[] toJson() {
    return Json.write(toMap());
  }

  /** Paths of fields that this version does not know: kept, without effect, perhaps misspelt. */
  public List<String> unknownFields() {
    Fields root = Fields.root(toMap());
    Resources.reader(kind).apply(root);
    return root.findings().unknown();
  }

  @Override
  public final boolean equals(Object o) {
    return o instanceof Resource other && other.kind.equals(kind) && other.toMap().equals(toMap());
  }

  @Override
  public final int hashCode() {
    return metadata.hashCode();
  }

  @Override
  public final String toString() {
    return kind + "/" + metadata;
  }

  /** Demands a cluster-scoped resource whose name a person may choose. */
  final void checkName(Fields root) {
    Fields meta = root.object("metadata");
    if (!name().isEmpty() && (name().length() > MAX_NAME || !SUBDOMAIN.matcher(name()).matches())) {
      meta.problem(
          "name", "at most 253 lower-case letters, digits, dashes and dots, as in a DNS name");
    }
    if (!metadata.namespace().isEmpty()) {
      meta.problem("namespace", "none: " + kind + " belongs to the cluster");
    }
  }

  static <R extends Resource> R parse(String kind, byte[] json, Function<Fields, R> reader)
      throws InvalidResourceException {
    return read(kind, Json.parseObject(json), reader);
  }

  static <R extends Resource> R read(
      String kind, Map<String, Object> document, Function<Fields, R> reader)
      throws InvalidResourceException {
    Fields root = Fields.root(document);
    R resource = reader.apply(root);
    if (!root.findings().problems().isEmpty()) {
      throw new InvalidResourceException(
          kind + "/" + resource.metadata(), root.findings().problems());
    }
    return resource;
  }

  /** A resource that we make ourselves, so that a problem is a wrong argument. */
  static <R extends Resource> R make(Map<String, Object> document, Function<Fields, R> reader) {
    try {
      return read(String.valueOf(document.get("kind")), document, reader);
    } catch (InvalidResourceException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }
}
