"""All endpoint rows, in the order the pages show them. A new endpoint is a line here."""

from rencai.contract import changes, talent_pools, talents, tokens
from rencai.contract.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    tokens.TENANT_TOKEN_CREATE,
    tokens.APP_TOKEN_CREATE,
    talent_pools.TALENT_POOL_BATCH_CHANGE,
    talent_pools.TALENT_POOL_LIST,
    talent_pools.TALENT_POOL_MOVE_TALENT,
    talent_pools.TALENT_POOL_CREATE,
    talent_pools.TALENT_POOL_GET,
    talent_pools.TALENT_POOL_UPDATE,
    talent_pools.TALENT_POOL_DELETE,
    talent_pools.MEMBERSHIP_LIST,
    talents.TALENT_BATCH_CREATE,
    talents.TALENT_DELETE,
    changes.CHANGE_LIST,
    changes.CHANGE_GET,
)
