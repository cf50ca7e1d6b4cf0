// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import org.apache.felix.framework.Logger;
import org.osgi.framework.Bundle;
import org.osgi.framework.ServiceReference;
import org.slf4j.LoggerFactory;

/** Sends the framework's own messages to the log of the agent. */
final class FrameworkLog extends Logger {
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger("org.apache.felix.framework");

  @Override
  @SuppressWarnings("rawtypes") // as the method it overrides
  protected void doLog(
      Bundle bundle, ServiceReference reference, int level, String message, Throwable cause) {
    String text = bundle == null ? message : bundle + ": " + message;
    switch (level) {
      case LOG_ERROR -> LOG.error(text, cause);
      case LOG_WARNING -> LOG.warn(text, cause);
      case LOG_INFO -> LOG.info(text, cause);
      default -> LOG.debug(text, cause);
    }
  }

  @Override
  protected void doLog(int level, String message, Throwable cause) {
    doLog(null, null, level, message, cause);
  }
}
