// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import java.util.Map;
import org.osgi.framework.namespace.PackageNamespace;
import org.osgi.resource.Requirement;
import org.osgi.resource.Resource;

/** Asks the framework for every package that is exported. */
final class AnyPackage implements Requirement {
  @Override
  public String getNamespace() {
    return PackageNamespace.PACKAGE_NAMESPACE;
  }

  @Override
  public Map<String, String> getDirectives() {
    return Map.of("filter", "(" + PackageNamespace.PACKAGE_NAMESPACE + "=*)");
  }

  @Override
  public Map<String, Object> getAttributes() {
    return Map.of();
  }

  @Override
  public Resource getResource() {
    return null; // Of nobody.
  }
}
