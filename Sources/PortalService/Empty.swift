// PortalService
