using Microsoft.Extensions.Logging;
using XcpBroker.Config.Services;

namespace XcpBroker.Activation;

/// <summary>What the bus logs about services. Ids are never used twice; the next free one is 1608.</summary>
internal static partial class ActivationLog
{
    [LoggerMessage(1600, LogLevel.Information, "starting {Name}, asked for by {Caller}")]
    internal static partial void Starting(ILogger logger, string name, string caller);

    [LoggerMessage(1601, LogLevel.Information, "{Name} has started")]
    internal static partial void Started(ILogger logger, string name);

    [LoggerMessage(1602, LogLevel.Warning, "{Name} could not be started: {Error}")]
    internal static partial void Failed(ILogger logger, string name, string error);

    [LoggerMessage(1603, LogLevel.Warning, "{Path}: {Problem}; it is ignored")]
    internal static partial void FileIgnored(ILogger logger, string path, string problem);

    [LoggerMessage(1604, LogLevel.Information, "{Count} services can be started")]
    internal static partial void CatalogRead(ILogger logger, int count);

    [LoggerMessage(1605, LogLevel.Information, "<servicehelper>{Program}</servicehelper> is not used: this broker starts services itself")]
    internal static partial void HelperIgnored(ILogger logger, string program);

    [LoggerMessage(1606, LogLevel.Information, "starting the domain {Domain}, in which {Name} lives")]
    internal static partial void StartingDomain(ILogger logger, string domain, string name);

    [LoggerMessage(1607, LogLevel.Warning, "{Path}: {Remark}")]
    internal static partial void Remark(ILogger logger, string path, string remark);

    /// <summary>What a reading of the service directories found.</summary>
    internal static void Report(ILogger logger, ServiceCatalog catalog)
    {
        foreach (ServiceFileWarning warning in catalog.Warnings)
        {
            FileIgnored(logger, warning.Path, warning.Text);
        }

        foreach (ServiceFileWarning remark in catalog.Remarks)
        {
            Remark(logger, remark.Path, remark.Text);
        }

        if (catalog.Names.Count > 0)
        {
            CatalogRead(logger, catalog.Names.Count);
        }
    }
}
