"""Static files under names that change with their content, module imports included."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class ModuleManifestStorage(ManifestStaticFilesStorage):
    """Rewrites `import "./socket.js"` to the hashed name, so that no bundler is needed."""

    support_js_module_import_aggregation = True
