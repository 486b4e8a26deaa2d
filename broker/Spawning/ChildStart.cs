using XcpBroker.Loop;
using XcpBroker.Protocol;
using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>What it takes to make processes on a loop.</summary>
/// <param name="Loop">Watches them.</param>
/// <param name="Spawner">Makes them.</param>
/// <param name="OwnUserId">Who we are: only root can make processes of other users.</param>
internal sealed record ChildHost(EpollBusLoop Loop, ChildSpawner Spawner, uint OwnUserId);

/// <summary>One attempt to make a process, from the name of its user on. Used on the host's loop.</summary>
/// <param name="host">Where.</param>
/// <param name="command">What; without an account if <paramref name="user"/> names one.</param>
/// <param name="user">Whom it runs as; null: as the command says.</param>
/// <param name="events">Who is told.</param>
internal sealed class ChildStart(ChildHost host, ChildCommand command, string? user, IChildEvents events)
{
    private Child? _child;
    private bool _isCalledOff;
    private UserAccount? _account;
    private int _lookupError;

    /// <summary>Begins. The user is looked up on another thread: that may take as long as a directory server does not answer.</summary>
    internal void Begin()
    {
        if (user is null)
        {
            Make(command);
            return;
        }

        _ = ThreadPool.UnsafeQueueUserWorkItem(
            static start =>
            {
                start._lookupError = HostUsers.Find(start.User, out start._account);
                start.Loop.Schedule(static state => ((ChildStart)state!).MakeForUser(), start);
            },
            this,
            preferLocal: false);
    }

    /// <summary>Kills the process, or sees to it that there is none.</summary>
    internal void Kill()
    {
        _isCalledOff = true;
        _child?.Kill();
    }

    private string User => user!;

    private EpollBusLoop Loop => host.Loop;

    private void MakeForUser()
    {
        if (_account is not { } account)
        {
            events.StartFailed(SpawnError.UnknownUser(User, _lookupError));
        }
        else if (host.OwnUserId == 0)
        {
            Make(command with { Account = account });
        }
        else if (account.UserId == host.OwnUserId)
        {
            Make(command);
        }
        else
        {
            events.StartFailed(SpawnError.NotPermitted(User));
        }
    }

    private void Make(ChildCommand complete)
    {
        if (_isCalledOff)
        {
            events.StartFailed(new DBusError(ErrorNames.SpawnFailed, "the start was called off"));
            return;
        }

        DBusError error = host.Spawner.Spawn(complete, null, out SpawnedProcess process);
        if (!error.IsNone)
        {
            events.StartFailed(error);
            return;
        }

        events.Made(process.Pid, process.OutputDescriptor);
        _child = Child.Watch(host.Loop, process, complete.Path, events);
    }
}
