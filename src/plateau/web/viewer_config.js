// Served as /viewer/app-config.js, before the viewer's own bundle.
// It replaces the inline scripts of the viewer's page, which a strict policy forbids.

window.PUBLIC_URL = "/viewer/";

function browserImportFunction(moduleId) {
  return import(moduleId);
}

(function () {
  // The viewer speaks the language of the page around it.
  const page = window.parent.document.documentElement.lang || document.documentElement.lang;
  const language = page.startsWith("en") ? "en-US" : "fr";
  document.documentElement.lang = page;

  const notice = {
    "fr": "Visionneuse non certifiée : aide à la lecture",
    "en-US": "Viewer not certified: reading aid only",
  }[language];

  try {
    localStorage.setItem("shownTours", JSON.stringify(["basicViewerTour", "basicTour"]));
    localStorage.setItem("i18nextLng", language);
  } catch {
    // Storage is switched off: the viewer shows its tour, nothing else changes.
  }

  // The viewer shows a refused or missing image as a black frame; the page around it says so.
  function tellPage(error) {
    window.parent.postMessage(
      { type: "viewer-http-error", status: error.status },
      window.location.origin,
    );
  }

  window.config = {
    routerBasename: "/viewer",
    extensions: [],
    modes: [],
    customizationService: {},
    showStudyList: false,
    httpErrorHandler: tellPage,
    whiteLabeling: {
      createLogoComponentFn: (React) =>
        React.createElement("span", { className: "viewer-notice" }, notice),
    },
    showLoadingIndicator: true,
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    strictZSpacingForVolumeViewport: true,
    investigationalUseDialog: { option: "never" },
    maxNumberOfWebWorkers: 3,
    maxNumRequests: { interaction: 100, thumbnail: 20, prefetch: 25 },
    showErrorDetails: "dev",
    // The prefetcher asks for frames of dose reports too, and shows the refusal as an error.
    studyPrefetcher: { enabled: false },
    defaultDataSourceName: "dicomweb",
    dataSources: [
      {
        namespace: "@ohif/extension-default.dataSourcesModule.dicomweb",
        sourceName: "dicomweb",
        configuration: {
          friendlyName: "Plateau",
          name: "dicomweb",
          wadoUriRoot: "/dicom-web",
          qidoRoot: "/dicom-web",
          wadoRoot: "/dicom-web",
          qidoSupportsIncludeField: true,
          supportsReject: false,
          supportsStow: true,
          imageRendering: "wadors",
          thumbnailRendering: "wadors",
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: false,
          supportsWildcard: true,
          omitQuotationForMultipartRequest: true,
          bulkDataURI: { enabled: true, relativeResolution: "studies" },
        },
      },
    ],
  };
})();
