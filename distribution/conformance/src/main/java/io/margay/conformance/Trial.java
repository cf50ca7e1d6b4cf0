// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One check at one version: its containers, and what they were told. {@link #cleanUp} removes all.
 * Used on one thread, except {@link #run}.
 */
final class Trial {
  private static final AtomicInteger CONTAINERS = new AtomicInteger();

  private final Site site;
  private final SpecVersion version;
  private final List<Container> containers = new ArrayList<>();
  private final Map<Container, JsonObject> results = new HashMap<>();

  Trial(Site site, SpecVersion version) {
    this.site = site;
    this.version = version;
  }

  Site site() {
    return site;
  }

  SpecVersion version() {
    return version;
  }

  Namespace host() {
    return site.host();
  }

  /** The configuration at this version; the caller may change it. */
  JsonObject conf() {
    return site.conf().at(version);
  }

  JsonObject conf(String key, JsonElement value) {
    JsonObject conf = conf();
    conf.add(key, value);
    return conf;
  }

  /** A new container with a namespace that has only {@code lo}. */
  Container container() throws IOException, InterruptedException {
    String id = site.run() + "-" + CONTAINERS.incrementAndGet();
    Container container = new Container(id, Namespace.create(id));
    containers.add(container);
    return container;
  }

  /** A call that is about no container, with the variables that the specification requires. */
  Call call(String verb) {
    byte[] input = conf().toString().getBytes(StandardCharsets.UTF_8);
    return new Call(Map.of("CNI_COMMAND", verb, "CNI_PATH", site.cniPath()), input);
  }

  /** As a runtime calls: with the last result, where the version has that. */
  Call call(String verb, Container container) {
    Call call =
        call(verb)
            .with("CNI_CONTAINERID", container.id())
            .with("CNI_NETNS", container.netns())
            .with("CNI_IFNAME", Container.IFNAME);
    Optional<JsonObject> result = result(container);
    boolean isTold = !verb.equals("ADD") && version.atLeast(SpecVersion.V0_4_0);
    return isTold && result.isPresent() ? call.withInput(conf("prevResult", result.get())) : call;
  }

  Outcome run(Call call) throws Deviation, IOException, InterruptedException {
    return site.plugin().run(call);
  }

  Outcome run(String verb, Container container)
      throws Deviation, IOException, InterruptedException {
    return run(call(verb, container));
  }

  /** An ADD that must succeed. */
  JsonObject add(Container container) throws Deviation, IOException, InterruptedException {
    JsonObject result = run("ADD", container).succeeded().json();
    results.put(container, result);
    return result;
  }

  /** A new container that is attached. */
  Container added() throws Deviation, IOException, InterruptedException {
    Container container = container();
    add(container);
    return container;
  }

  Result parsed(Container container) throws Deviation {
    return Result.parse(results.get(container), version);
  }

  Optional<JsonObject> result(Container container) {
    return Optional.ofNullable(results.get(container));
  }

  void del(Container container) throws Deviation, IOException, InterruptedException {
    run("DEL", container).succeeded();
  }

  /** What the IPAM of the configuration has for a container, where that can be seen. */
  Optional<Leases> leases() {
    return Leases.of(conf());
  }

  /** Fails when an address of the container is still reserved and that can be seen. */
  void assertNoLease(Container container) throws Deviation, IOException {
    if (leases().isPresent() && !leases().get().of(container).isEmpty()) {
      throw new Deviation("host-local still holds an address for the container");
    }
  }

  /**
   * Detaches what is attached and removes the namespaces. That DEL works is the matter of its own
   * checks; here a refusal changes nothing about what the check has found.
   */
  void cleanUp() throws IOException, InterruptedException {
    for (Container container : containers) {
      try {
        run("DEL", container);
      } catch (Deviation e) {
        System.err.println("clean up of " + container.id() + ": " + e.getMessage());
      }
      container.namespace().delete();
    }
  }
}
