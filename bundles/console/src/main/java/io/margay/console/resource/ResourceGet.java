// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.resource.Json;
import io.margay.api.resource.Resources;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code resource:get}. */
@Component
public final class ResourceGet implements Command {
  private static final String FORMAT = "o";
  private static final List<String> FORMATS = List.of("table", "yaml", "json");

  private record Count(String kind, int count) {}

  /**
   * @param spec the fields that hold a single value
   */
  private record Row(
      String name, long revision, Optional<String> created, Map<String, Object> spec) {}

  private final Store store;

  @Activate
  public ResourceGet(@Reference Store store) {
    this.store = store;
  }

  @Override
  public CommandSpec spec() {
    return ResourceInput.withFile(
            CommandSpec.of("resource", "get", "print resources; without KIND how many there are")
                .withOptionalArgument(ResourceNames.KIND, "such as ippool")
                .withRepeatedArgument(ResourceNames.NAME, "names; with a namespace NAMESPACE/NAME")
                .withOption(FORMAT, "FORMAT", "one of " + String.join(", ", FORMATS)))
        .withExample("margay get ippool default -o yaml")
        .withExample("resource:get nodes");
  }

  @Override
  public List<String> complete(String name) {
    return name.equals(FORMAT) ? FORMATS : ResourceNames.complete(store, name);
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    String format = invocation.value(FORMAT).orElse(FORMATS.get(0));
    if (!FORMATS.contains(format)) {
      throw new CommandException(
          "-o: " + format + " (expected: one of " + String.join(", ", FORMATS) + ")", 2);
    }
    boolean file = invocation.value(ResourceInput.FILE).isPresent();
    try {
      if (!file && invocation.value(ResourceNames.KIND).isEmpty()) {
        count(output);
      } else {
        print(entries(invocation), format, output);
      }
    } catch (StoreException e) {
      throw new CommandException("store: " + e.getMessage(), e);
    }
  }

  private void count(Output output) throws StoreException {
    for (String kind : Resources.kinds()) {
      output.row(new Count(kind, store.list(kind).entries().size()));
    }
  }

  private List<Entry> entries(Invocation invocation) throws StoreException, CommandException {
    List<Key> keys = ResourceNames.keys(invocation);
    if (keys.isEmpty()) {
      return store.list(Kinds.find(invocation.argument(ResourceNames.KIND))).entries();
    }
    List<Entry> entries = new ArrayList<>();
    for (Key key : keys) {
      entries.add(store.get(key).orElseThrow(() -> new CommandException(key + ": not found")));
    }
    return entries;
  }

  private static void print(List<Entry> entries, String format, Output output) {
    switch (format) {
      case "yaml" ->
          output.message(YamlWriter.write(entries.stream().map(ResourceGet::versioned).toList()));
      case "json" ->
          output.message(entries.stream().map(ResourceGet::json).collect(Collectors.joining("\n")));
      default -> {
        entries.forEach(entry -> output.row(row(entry)));
        if (entries.isEmpty()) {
          output.message("none");
        }
      }
    }
  }

  private static String json(Entry entry) {
    return new String(Json.write(versioned(entry)), StandardCharsets.UTF_8);
  }

  private static Row row(Entry entry) {
    Map<String, Object> document = Stored.document(entry);
    Map<String, Object> metadata = object(document, "metadata");
    Map<String, Object> spec = new LinkedHashMap<>(object(document, "spec"));
    spec.values().removeIf(value -> value == null || value instanceof Iterable<?>);
    spec.values().removeIf(Map.class::isInstance);
    Key key = entry.key();
    return new Row(
        key.namespace().isEmpty() ? key.name() : key.namespace() + "/" + key.name(),
        entry.revision().number(),
        Optional.ofNullable(metadata.get("creationTimestamp")).map(String::valueOf),
        spec);
  }

  /** The document with the revision that a later apply may insist on. */
  private static Map<String, Object> versioned(Entry entry) {
    Map<String, Object> document = new LinkedHashMap<>(Stored.document(entry));
    Map<String, Object> metadata = new LinkedHashMap<>(object(document, "metadata"));
    metadata.put("resourceVersion", entry.revision().toString());
    document.put("metadata", metadata);
    return document;
  }

  private static Map<String, Object> object(Map<String, Object> document, String field) {
    return Json.asObject(document.get(field)).orElse(Map.of());
  }
}
