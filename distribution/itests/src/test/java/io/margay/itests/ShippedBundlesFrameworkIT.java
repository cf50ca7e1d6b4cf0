// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.Assert.assertEquals;
import static org.ops4j.pax.exam.CoreOptions.composite;
import static org.ops4j.pax.exam.CoreOptions.junitBundles;
import static org.ops4j.pax.exam.CoreOptions.options;
import static org.ops4j.pax.exam.CoreOptions.systemPackages;
import static org.ops4j.pax.exam.CoreOptions.systemProperty;
import static org.ops4j.pax.exam.CoreOptions.url;

import io.margay.launcher.FrameworkProperties;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** Starts exactly the bundles that are shipped, in their order. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class ShippedBundlesFrameworkIT {
  /** As the launcher does: it would take the terminal of the process. */
  private static final String NOT_STARTED = "org.apache.felix.gogo.jline";

  @Inject private BundleContext context;

  @Configuration
  public Option[] shippedBundles() throws IOException {
    Option[] bundles =
        Distribution.bundles().stream()
            .map(bundle -> url(bundle.toUri().toString()).start(isStarted(bundle)))
            .toArray(Option[]::new);
    return options(
        junitBundles(),
        systemProperty("org.ops4j.pax.logging.DefaultServiceLog.level").value("ERROR"),
        systemPackages(FrameworkProperties.systemPackages()),
        composite(bundles));
  }

  @Test
  public void startsEveryBundle() {
    List<String> notStarted =
        Stream.of(context.getBundles())
            .filter(bundle -> bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null)
            .filter(bundle -> bundle.getState() != Bundle.ACTIVE)
            .filter(bundle -> !bundle.getSymbolicName().equals(NOT_STARTED))
            .map(Bundle::getSymbolicName)
            .toList();

    assertEquals(List.of(), notStarted);
  }

  private static boolean isStarted(Path bundle) {
    return !bundle.getFileName().toString().startsWith(NOT_STARTED);
  }
}
