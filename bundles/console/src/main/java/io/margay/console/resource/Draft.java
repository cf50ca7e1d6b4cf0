// SPDX-License-Identifier: Apache-2.0
package io.margay.console.resource;

import io.margay.api.resource.InvalidResourceException;
import io.margay.api.resource.Namespace;
import io.margay.api.resource.Problem;
import io.margay.api.resource.Resource;
import io.margay.api.resource.Resources;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A resource of a file that was read without a problem. */
record Draft(YamlDocument document, Resource resource) {
  private static final List<String> VERSIONS =
      List.of("projectcalico.org/v3", "crd.projectcalico.org/v1");

  /** Reads each document; what is wrong with any goes to {@code problems}, one line each. */
  static List<Draft> of(List<YamlDocument> documents, List<String> problems) {
    Map<Object, Draft> drafts = new LinkedHashMap<>();
    for (YamlDocument document : documents) {
      Optional<Draft> draft = read(document, problems);
      if (draft.isPresent()) {
        Resource resource = draft.get().resource();
        Draft before = drafts.putIfAbsent(resource.key(), draft.get());
        if (before != null) {
          problems.add(
              document.at("metadata.name")
                  + ": "
                  + resource
                  + " (expected: once; "
                  + before.document().at("metadata.name")
                  + " has it already)");
        }
      }
    }
    return new ArrayList<>(drafts.values());
  }

  /** A line that says what is wrong with this resource. */
  String describe(Problem problem) {
    return describe(document, resource.toString(), problem);
  }

  private static Optional<Draft> read(YamlDocument document, List<String> problems) {
    Map<String, Object> content = document.content();
    List<Problem> found = new ArrayList<>();
    // Namespaces are Kubernetes' own, and written as there.
    boolean isNamespace = Namespace.KIND.equals(content.get("kind"));
    check(content, "apiVersion", isNamespace ? List.of("v1") : VERSIONS, found);
    check(content, "kind", List.copyOf(Resources.kinds()), found);
    String name = String.valueOf(content.getOrDefault("kind", "resource"));
    try {
      if (found.isEmpty()) {
        return Optional.of(new Draft(document, Resources.of(content)));
      }
    } catch (InvalidResourceException e) {
      name = e.getMessage().substring(0, e.getMessage().indexOf(':'));
      found.addAll(e.problems());
    }
    for (Problem problem : found) {
      problems.add(describe(document, name, problem));
    }
    return Optional.empty();
  }

  private static void check(
      Map<String, Object> content, String field, List<String> allowed, List<Problem> problems) {
    Object value = content.get(field);
    if (!allowed.contains(value)) {
      problems.add(
          new Problem(
              field,
              value == null ? "missing" : value.toString(),
              "one of " + String.join(", ", allowed)));
    }
  }

  private static String describe(YamlDocument document, String name, Problem problem) {
    return document.at(problem.field()) + ": " + name + ": " + problem;
  }
}
