// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.BgpConfiguration;
import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Resource;
import io.margay.api.resource.Resources;
import io.margay.api.sharing.SharingView;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.bgp.policy.Change;
import io.margay.bgp.policy.SpeakerSettings;
import io.margay.bgp.policy.SupposedView;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** {@code bgp:plan}: what a change of resources would do to the sessions of this node. */
@Component
public final class BgpPlan implements Command {
  private static final String FILE = "f";

  private final BgpSharing bgp;
  private final Store store;

  /** What becomes of a session. */
  record Row(String peer, InetAddress address, String change, String why) {}

  @Activate
  public BgpPlan(@Reference BgpSharing bgp, @Reference Store store) {
    this.bgp = bgp;
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "plan", "show what a change would do to this node's sessions")
        .withOption(FILE, "FILE", "resources in YAML or JSON; - is what is piped in")
        .withRows(Row.class)
        .withExample("bgp:plan -f peers.yaml");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    SharingView view = bgp.view().orElseThrow(BgpPlan::idle);
    SpeakerSettings now = bgp.settings().orElseThrow(BgpPlan::idle);
    List<Resource> supposed = resources(read(invocation));
    SpeakerSettings after;
    try {
      after =
          bgp.suppose(SupposedView.of(view, overlaid(supposed, view))).orElseThrow(BgpPlan::idle);
    } catch (IllegalArgumentException e) {
      throw new CommandException(e.getMessage(), e);
    }
    for (Change change : Change.between(now, after)) {
      output.row(new Row(change.peer(), change.address(), change.kind(), change.why()));
    }
    after.problems().stream()
        .filter(problem -> !now.problems().contains(problem))
        .forEach(problem -> output.message("problem: " + problem));
  }

  private static CommandException idle() {
    return new CommandException("this node is not in the store yet");
  }

  private static byte[] read(Invocation invocation) throws CommandException {
    String file =
        invocation
            .value(FILE)
            .orElseThrow(() -> new CommandException("-f: missing (expected: -f FILE)", 2));
    if (file.equals("-")) {
      return invocation.input();
    }
    try {
      return Files.readAllBytes(Path.of(file));
    } catch (IOException e) {
      throw new CommandException("file " + file + " on the agent's machine: " + e, e);
    }
  }

  private static List<Resource> resources(byte[] text) throws CommandException {
    List<Resource> resources = new ArrayList<>();
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    try {
      String yaml = new String(text, StandardCharsets.UTF_8);
      for (Object document : new Yaml(new SafeConstructor(options)).loadAll(yaml)) {
        if (document != null) {
          resources.add(resource(document));
        }
      }
    } catch (YAMLException | InvalidResourceException e) {
      throw new CommandException(e.getMessage(), e);
    }
    if (resources.isEmpty()) {
      throw new CommandException("the file is empty (expected: resources in YAML or JSON)");
    }
    return resources;
  }

  private static Resource resource(Object document)
      throws CommandException, InvalidResourceException {
    if (!(plain(document) instanceof Map<?, ?> map)) {
      throw new CommandException(document + " (expected: a resource with kind)");
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    map.forEach((name, value) -> fields.put(String.valueOf(name), value));
    return Resources.of(fields);
  }

  /** As JSON would have it: a time is a text. */
  private static Object plain(Object value) {
    if (value instanceof Date time) {
      return time.toInstant().toString();
    }
    if (value instanceof List<?> list) {
      return list.stream().map(BgpPlan::plain).toList();
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> plain = new LinkedHashMap<>();
      map.forEach((name, field) -> plain.put(String.valueOf(name), plain(field)));
      return plain;
    }
    return value;
  }

  /** What is set for this node alone lies over a cluster's configuration that is supposed. */
  private List<Resource> overlaid(List<Resource> supposed, SharingView view)
      throws CommandException {
    List<Resource> all = new ArrayList<>();
    String own = BgpConfiguration.nameFor(view.self().name());
    boolean isOwnSupposed =
        supposed.stream().anyMatch(r -> r instanceof BgpConfiguration && r.name().equals(own));
    for (Resource resource : supposed) {
      all.add(resource);
      boolean isDefault =
          resource instanceof BgpConfiguration && resource.name().equals(BgpConfiguration.NAME);
      if (isDefault && !isOwnSupposed) {
        stored(own).ifPresent(all::add);
      }
    }
    return all;
  }

  private Optional<Resource> stored(String name) throws CommandException {
    try {
      Optional<Entry> entry = store.get(new Key(BgpConfiguration.KIND, "", name));
      return entry.isPresent()
          ? Optional.of(BgpConfiguration.parse(entry.get().json()))
          : Optional.empty();
    } catch (StoreException | InvalidResourceException e) {
      throw new CommandException("BGPConfiguration " + name + ": " + e.getMessage(), e);
    }
  }
}
