# Made by `make reference` from the Endpoint rows. Edit those instead.
"""A method for each operation, with the fields of its row as arguments; what is left out is not sent."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from rencai.client.exchange import Asked
from rencai.contract import (
    changes,
    fields,
    membership_changes,
    notes,
    operation_logs,
    profiles,
    runs,
    talent_folders,
    talent_objects,
    talent_pools,
    talent_states,
    talent_tags,
    talent_views,
    talents,
    tokens,
)
from rencai.contract.changes import CHANGE_GET, CHANGE_LIST, CHANGE_UNDO
from rencai.contract.endpoint import Endpoint
from rencai.contract.membership_changes import MEMBERSHIP_CHANGE, TALENT_POOL_EVALUATE
from rencai.contract.notes import NOTE_CREATE, NOTE_DELETE, NOTE_GET, NOTE_LIST, NOTE_UPDATE
from rencai.contract.operation_logs import TALENT_OPERATION_LOG_SEARCH
from rencai.contract.runs import RUN_CANCEL, RUN_CREATE, RUN_GET, RUN_LIST, RUN_RESULTS, RUN_UNDO
from rencai.contract.talent_folders import (
    TALENT_ADD_TO_FOLDER,
    TALENT_FOLDER_CREATE,
    TALENT_FOLDER_DELETE,
    TALENT_FOLDER_LIST,
    TALENT_FOLDER_UPDATE,
    TALENT_REMOVE_TO_FOLDER,
)
from rencai.contract.talent_objects import TALENT_OBJECT_CREATE, TALENT_OBJECT_QUERY, TALENT_OBJECT_UPDATE
from rencai.contract.talent_pools import (
    MEMBERSHIP_DIFF,
    MEMBERSHIP_LIST,
    MEMBERSHIP_LIST_OF_TALENT,
    TALENT_POOL_BATCH_CHANGE,
    TALENT_POOL_CREATE,
    TALENT_POOL_DELETE,
    TALENT_POOL_GET,
    TALENT_POOL_LIST,
    TALENT_POOL_MOVE_TALENT,
    TALENT_POOL_UPDATE,
)
from rencai.contract.talent_states import (
    TALENT_BLOCK_CHANGE,
    TALENT_EXTERNAL_INFO_CREATE,
    TALENT_EXTERNAL_INFO_UPDATE,
    TALENT_ONBOARD_STATUS_UPDATE,
)
from rencai.contract.talent_tags import TALENT_TAG, TALENT_TAG_CREATE, TALENT_TAG_LIST, TALENT_TAG_UPDATE
from rencai.contract.talents import (
    TALENT_BATCH_CREATE,
    TALENT_BATCH_GET_ID,
    TALENT_COMBINED_CREATE,
    TALENT_COMBINED_UPDATE,
    TALENT_DELETE,
    TALENT_GET,
    TALENT_GET_V2,
    TALENT_LIST,
)
from rencai.contract.tokens import APP_TOKEN_CREATE, TENANT_TOKEN_CREATE


class Operations(ABC):
    """The calls of the API. Each raises ClientError; `Refused` carries the code, and the fields that are wrong."""

    @abstractmethod
    def _call(self, row: Endpoint, asked: Asked) -> Any: ...

    @abstractmethod
    def _items(self, row: Endpoint, asked: Asked) -> Iterator[Any]: ...

    @abstractmethod
    def _stream(self, row: Endpoint, asked: Asked) -> Iterator[Any]: ...

    def tenant_token_create(self, *, app_id: str, app_secret: str) -> tokens.TenantToken:
        """Get a tenant access token for an app's id and secret.

        `POST /open-apis/auth/v3/tenant_access_token/internal`
        Refused with 10014 app id not exists.
        """
        return self._call(TENANT_TOKEN_CREATE, Asked(body={"app_id": app_id, "app_secret": app_secret}))

    def app_token_create(self, *, app_id: str, app_secret: str) -> tokens.AppToken:
        """Get an app access token (the same token) for an app's id and secret.

        `POST /open-apis/auth/v3/app_access_token/internal`
        Refused with 10014 app id not exists.
        """
        return self._call(APP_TOKEN_CREATE, Asked(body={"app_id": app_id, "app_secret": app_secret}))

    def talent_pool_batch_change(
        self,
        talent_pool_id: str,
        *,
        talent_id_list: list[str],
        option_type: Literal[1, 2],
        idempotency_key: str | None = None,
    ) -> None:
        """Add up to 50 talents to a pool, or take them out.

        `POST /open-apis/hire/v1/talent_pools/{talent_pool_id}/batch_change_talent_pool`
        Refused with 1002109 talent pool not exist, 1002102 talent not exist.
        """
        self._call(
            TALENT_POOL_BATCH_CHANGE,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                body={"talent_id_list": talent_id_list, "option_type": option_type},
                idempotency_key=idempotency_key,
            ),
        )

    def talent_pool_list(
        self,
        *,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        id_list: list[str] | UnsetType = UNSET,
    ) -> talent_pools.TalentPoolPage:
        """List talent pools in order of creation.

        `GET /open-apis/hire/v1/talent_pools`
        """
        return self._call(
            TALENT_POOL_LIST, Asked(query={"page_size": page_size, "page_token": page_token, "id_list": id_list})
        )

    def talent_pool_list_all(
        self, *, page_size: int | UnsetType = UNSET, id_list: list[str] | UnsetType = UNSET
    ) -> Iterator[talent_pools.TalentPool]:
        """List talent pools in order of creation, page after page.

        `GET /open-apis/hire/v1/talent_pools`
        """
        return self._items(TALENT_POOL_LIST, Asked(query={"page_size": page_size, "id_list": id_list}))

    def talent_pool_move_talent(
        self, talent_pool_id: str, *, talent_id: str, add_type: Literal[1, 2], idempotency_key: str | None = None
    ) -> talent_pools.Moved:
        """Put one talent into a pool, and out of its others if asked.

        `POST /open-apis/hire/v1/talent_pools/{talent_pool_id}/talent_relationship`
        Refused with 1002109 talent pool not exist, 1002102 talent not exist.
        """
        return self._call(
            TALENT_POOL_MOVE_TALENT,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                body={"talent_id": talent_id, "add_type": add_type},
                idempotency_key=idempotency_key,
            ),
        )

    def talent_pool_create(
        self,
        *,
        i18n_name: fields.GivenName,
        i18n_description: fields.GivenDescription | UnsetType = UNSET,
        parent_id: str | UnsetType = UNSET,
        is_private: Literal[1, 2] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_pools.OneTalentPool:
        """Create a talent pool.

        `POST /rencai/v1/talent_pools`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(
            TALENT_POOL_CREATE,
            Asked(
                body={
                    "i18n_name": i18n_name,
                    "i18n_description": i18n_description,
                    "parent_id": parent_id,
                    "is_private": is_private,
                },
                idempotency_key=idempotency_key,
            ),
        )

    def talent_pool_get(self, talent_pool_id: str) -> talent_pools.OneTalentPool:
        """Show one talent pool.

        `GET /rencai/v1/talent_pools/{talent_pool_id}`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(TALENT_POOL_GET, Asked(path={"talent_pool_id": talent_pool_id}))

    def talent_pool_update(
        self,
        talent_pool_id: str,
        *,
        i18n_name: fields.GivenName | UnsetType = UNSET,
        i18n_description: fields.GivenDescription | UnsetType = UNSET,
        parent_id: str | UnsetType = UNSET,
        is_private: Literal[1, 2] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_pools.OneTalentPool:
        """Change a talent pool's name, description, visibility or parent.

        `PATCH /rencai/v1/talent_pools/{talent_pool_id}`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(
            TALENT_POOL_UPDATE,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                body={
                    "i18n_name": i18n_name,
                    "i18n_description": i18n_description,
                    "parent_id": parent_id,
                    "is_private": is_private,
                },
                idempotency_key=idempotency_key,
            ),
        )

    def talent_pool_delete(
        self,
        talent_pool_id: str,
        *,
        force: bool | UnsetType = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> None:
        """Delete a talent pool; one with members only by force.

        `DELETE /rencai/v1/talent_pools/{talent_pool_id}`
        Refused with 1002109 talent pool not exist, 1990002 talent pool not empty, 1990008 talent pool moved
        on.
        """
        self._call(
            TALENT_POOL_DELETE,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                query={"force": force},
                idempotency_key=idempotency_key,
                if_match=if_match,
            ),
        )

    def membership_list(
        self,
        talent_pool_id: str,
        *,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        at: str | UnsetType = UNSET,
        with_people: bool | UnsetType = UNSET,
    ) -> talent_pools.MemberPage:
        """List a pool's members by talent id, now or at a moment.

        `GET /rencai/v1/talent_pools/{talent_pool_id}/talents`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(
            MEMBERSHIP_LIST,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                query={"page_size": page_size, "page_token": page_token, "at": at, "with_people": with_people},
            ),
        )

    def membership_list_all(
        self,
        talent_pool_id: str,
        *,
        page_size: int | UnsetType = UNSET,
        at: str | UnsetType = UNSET,
        with_people: bool | UnsetType = UNSET,
    ) -> Iterator[talent_pools.Member]:
        """List a pool's members by talent id, now or at a moment, page after page.

        `GET /rencai/v1/talent_pools/{talent_pool_id}/talents`
        Refused with 1002109 talent pool not exist.
        """
        return self._items(
            MEMBERSHIP_LIST,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                query={"page_size": page_size, "at": at, "with_people": with_people},
            ),
        )

    def membership_diff(
        self,
        talent_pool_id: str,
        *,
        since: str,
        until: str,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
    ) -> talent_pools.DifferencePage:
        """List who came into a pool and who left it between two moments.

        `GET /rencai/v1/talent_pools/{talent_pool_id}/diff`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(
            MEMBERSHIP_DIFF,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                query={"page_size": page_size, "page_token": page_token, "from": since, "to": until},
            ),
        )

    def membership_diff_all(
        self, talent_pool_id: str, *, since: str, until: str, page_size: int | UnsetType = UNSET
    ) -> Iterator[talent_pools.Difference]:
        """List who came into a pool and who left it between two moments, page after page.

        `GET /rencai/v1/talent_pools/{talent_pool_id}/diff`
        Refused with 1002109 talent pool not exist.
        """
        return self._items(
            MEMBERSHIP_DIFF,
            Asked(path={"talent_pool_id": talent_pool_id}, query={"page_size": page_size, "from": since, "to": until}),
        )

    def membership_list_of_talent(
        self,
        talent_id: str,
        *,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        at: str | UnsetType = UNSET,
    ) -> talent_pools.MembershipPage:
        """List the pools a talent is in, now or at a moment.

        `GET /rencai/v1/talents/{talent_id}/talent_pools`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            MEMBERSHIP_LIST_OF_TALENT,
            Asked(path={"talent_id": talent_id}, query={"page_size": page_size, "page_token": page_token, "at": at}),
        )

    def membership_list_of_talent_all(
        self, talent_id: str, *, page_size: int | UnsetType = UNSET, at: str | UnsetType = UNSET
    ) -> Iterator[talent_pools.Membership]:
        """List the pools a talent is in, now or at a moment, page after page.

        `GET /rencai/v1/talents/{talent_id}/talent_pools`
        Refused with 1002102 talent not exist.
        """
        return self._items(
            MEMBERSHIP_LIST_OF_TALENT, Asked(path={"talent_id": talent_id}, query={"page_size": page_size, "at": at})
        )

    def membership_change(
        self,
        talent_pool_id: str,
        *,
        add: list[str] | membership_changes.FromPools | UnsetType = UNSET,
        remove: list[str] | membership_changes.FromPools | UnsetType = UNSET,
        on_missing: Literal["fail", "skip"] | UnsetType = UNSET,
        dry_run: bool | UnsetType = UNSET,
        reason: str | UnsetType = UNSET,
        run_id: str | UnsetType = UNSET,
        idempotency_key: str | None = None,
        if_match: str | None = None,
    ) -> membership_changes.MembershipChanged:
        """Add and remove up to 10,000 talents in one change, or see what that would do.

        `POST /rencai/v1/talent_pools/{talent_pool_id}/membership_changes`
        Refused with 1002109 talent pool not exist, 1002102 talent not exist, 1990008 talent pool moved on,
        1990009 too many talents.
        """
        return self._call(
            MEMBERSHIP_CHANGE,
            Asked(
                path={"talent_pool_id": talent_pool_id},
                body={
                    "add": add,
                    "remove": remove,
                    "on_missing": on_missing,
                    "dry_run": dry_run,
                    "reason": reason,
                    "run_id": run_id,
                },
                idempotency_key=idempotency_key,
                if_match=if_match,
            ),
        )

    def talent_pool_evaluate(
        self,
        *,
        expression: str | membership_changes.Expression,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        at: str | UnsetType = UNSET,
    ) -> membership_changes.Evaluated:
        """List who is in an expression over pools, without changing anything.

        `POST /rencai/v1/talent_pools/evaluate`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(
            TALENT_POOL_EVALUATE,
            Asked(query={"page_size": page_size, "page_token": page_token}, body={"expression": expression, "at": at}),
        )

    def talent_pool_evaluate_all(
        self,
        *,
        expression: str | membership_changes.Expression,
        page_size: int | UnsetType = UNSET,
        at: str | UnsetType = UNSET,
    ) -> Iterator[str]:
        """List who is in an expression over pools, without changing anything, page after page.

        `POST /rencai/v1/talent_pools/evaluate`
        Refused with 1002109 talent pool not exist.
        """
        return self._items(
            TALENT_POOL_EVALUATE, Asked(query={"page_size": page_size}, body={"expression": expression, "at": at})
        )

    def talent_list(
        self,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        keyword: str | UnsetType = UNSET,
        update_start_time: str | UnsetType = UNSET,
        update_end_time: str | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        sort_by: Literal[1, 2, 3, 4] | UnsetType = UNSET,
        query_option: Literal["ignore_empty_error"] | UnsetType = UNSET,
    ) -> talents.TalentPage:
        """List talents, all or those that keywords name.

        `GET /open-apis/hire/v1/talents`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            TALENT_LIST,
            Asked(
                query={
                    "user_id_type": user_id_type,
                    "keyword": keyword,
                    "update_start_time": update_start_time,
                    "update_end_time": update_end_time,
                    "page_size": page_size,
                    "page_token": page_token,
                    "sort_by": sort_by,
                    "query_option": query_option,
                }
            ),
        )

    def talent_list_all(
        self,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        keyword: str | UnsetType = UNSET,
        update_start_time: str | UnsetType = UNSET,
        update_end_time: str | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        sort_by: Literal[1, 2, 3, 4] | UnsetType = UNSET,
        query_option: Literal["ignore_empty_error"] | UnsetType = UNSET,
    ) -> Iterator[talent_views.TalentV1]:
        """List talents, all or those that keywords name, page after page.

        `GET /open-apis/hire/v1/talents`
        Refused with 1002102 talent not exist.
        """
        return self._items(
            TALENT_LIST,
            Asked(
                query={
                    "user_id_type": user_id_type,
                    "keyword": keyword,
                    "update_start_time": update_start_time,
                    "update_end_time": update_end_time,
                    "page_size": page_size,
                    "sort_by": sort_by,
                    "query_option": query_option,
                }
            ),
        )

    def talent_get(
        self,
        talent_id: str,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
    ) -> talents.OneTalent:
        """Show one talent in the shape of v1.

        `GET /open-apis/hire/v1/talents/{talent_id}`
        Refused with 1002102 talent not exist.
        """
        return self._call(TALENT_GET, Asked(path={"talent_id": talent_id}, query={"user_id_type": user_id_type}))

    def talent_get_v2(
        self,
        talent_id: str,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
    ) -> talent_views.TalentV2:
        """Show one talent in the shape of v2, with pools, folders, tags, notes and block list.

        `GET /open-apis/hire/v2/talents/{talent_id}`
        Refused with 1002102 talent not exist.
        """
        return self._call(TALENT_GET_V2, Asked(path={"talent_id": talent_id}, query={"user_id_type": user_id_type}))

    def talent_combined_create(
        self,
        *,
        basic_info: profiles.BasicInfo,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        init_source_id: str | UnsetType = UNSET,
        resume_source_id: str | UnsetType = UNSET,
        folder_id_list: list[str] | UnsetType = UNSET,
        resume_attachment_id: str | UnsetType = UNSET,
        education_list: list[profiles.Education] | UnsetType = UNSET,
        career_list: list[profiles.Career] | UnsetType = UNSET,
        project_list: list[profiles.Project] | UnsetType = UNSET,
        works_list: list[profiles.Work] | UnsetType = UNSET,
        award_list: list[profiles.Award] | UnsetType = UNSET,
        language_list: list[profiles.Language] | UnsetType = UNSET,
        sns_list: list[profiles.Sns] | UnsetType = UNSET,
        preferred_city_code_list: list[str] | UnsetType = UNSET,
        self_evaluation: profiles.SelfEvaluation | UnsetType = UNSET,
        customized_data: list[profiles.CustomModule] | UnsetType = UNSET,
        creator_id: str | UnsetType = UNSET,
        creator_account_type: Literal[1, 3] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talents.CreatedTalent:
        """Create one talent with everything that is known of them.

        `POST /open-apis/hire/v1/talents/combined_create`
        Refused with 1002105 duplicate talent.
        """
        return self._call(
            TALENT_COMBINED_CREATE,
            Asked(
                query={"user_id_type": user_id_type},
                body={
                    "init_source_id": init_source_id,
                    "resume_source_id": resume_source_id,
                    "folder_id_list": folder_id_list,
                    "resume_attachment_id": resume_attachment_id,
                    "education_list": education_list,
                    "career_list": career_list,
                    "project_list": project_list,
                    "works_list": works_list,
                    "award_list": award_list,
                    "language_list": language_list,
                    "sns_list": sns_list,
                    "preferred_city_code_list": preferred_city_code_list,
                    "self_evaluation": self_evaluation,
                    "customized_data": customized_data,
                    "basic_info": basic_info,
                    "creator_id": creator_id,
                    "creator_account_type": creator_account_type,
                },
                idempotency_key=idempotency_key,
            ),
        )

    def talent_combined_update(
        self,
        *,
        talent_id: str,
        basic_info: profiles.BasicInfoPatch,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        init_source_id: str | UnsetType = UNSET,
        resume_source_id: str | UnsetType = UNSET,
        folder_id_list: list[str] | UnsetType = UNSET,
        resume_attachment_id: str | UnsetType = UNSET,
        education_list: list[profiles.Education] | UnsetType = UNSET,
        career_list: list[profiles.Career] | UnsetType = UNSET,
        project_list: list[profiles.Project] | UnsetType = UNSET,
        works_list: list[profiles.Work] | UnsetType = UNSET,
        award_list: list[profiles.Award] | UnsetType = UNSET,
        language_list: list[profiles.Language] | UnsetType = UNSET,
        sns_list: list[profiles.Sns] | UnsetType = UNSET,
        preferred_city_code_list: list[str] | UnsetType = UNSET,
        self_evaluation: profiles.SelfEvaluation | UnsetType = UNSET,
        customized_data: list[profiles.CustomModule] | UnsetType = UNSET,
        operator_id: str | UnsetType = UNSET,
        operator_account_type: Literal[1, 3] | UnsetType = UNSET,
    ) -> talents.UpdatedTalent:
        """Update what is known of one talent.

        `POST /open-apis/hire/v1/talents/combined_update`
        Refused with 1002102 talent not exist, 1002101 update talent id conflict.
        """
        return self._call(
            TALENT_COMBINED_UPDATE,
            Asked(
                query={"user_id_type": user_id_type},
                body={
                    "init_source_id": init_source_id,
                    "resume_source_id": resume_source_id,
                    "folder_id_list": folder_id_list,
                    "resume_attachment_id": resume_attachment_id,
                    "education_list": education_list,
                    "career_list": career_list,
                    "project_list": project_list,
                    "works_list": works_list,
                    "award_list": award_list,
                    "language_list": language_list,
                    "sns_list": sns_list,
                    "preferred_city_code_list": preferred_city_code_list,
                    "self_evaluation": self_evaluation,
                    "customized_data": customized_data,
                    "talent_id": talent_id,
                    "basic_info": basic_info,
                    "operator_id": operator_id,
                    "operator_account_type": operator_account_type,
                },
            ),
        )

    def talent_batch_get_id(
        self,
        *,
        mobile_code: str | UnsetType = UNSET,
        mobile_number_list: list[str] | UnsetType = UNSET,
        email_list: list[str] | UnsetType = UNSET,
        identification_type: Literal[1, 2, 3, 4, 5, 6, 8, 9] | UnsetType = UNSET,
        identification_number_list: list[str] | UnsetType = UNSET,
    ) -> talents.FoundTalents:
        """Find talents by mobile, e-mail and identification number.

        `POST /open-apis/hire/v1/talents/batch_get_id`
        Refused with 1002009 mobile not correct.
        """
        return self._call(
            TALENT_BATCH_GET_ID,
            Asked(
                body={
                    "mobile_code": mobile_code,
                    "mobile_number_list": mobile_number_list,
                    "email_list": email_list,
                    "identification_type": identification_type,
                    "identification_number_list": identification_number_list,
                }
            ),
        )

    def talent_batch_create(
        self, *, talents: list[profiles.NewTalent], idempotency_key: str | None = None
    ) -> talents.CreatedTalents:
        """Create up to 1,000 talents: all of them or none.

        `POST /rencai/v1/talents/batch_create`
        Refused with 1002105 duplicate talent.
        """
        return self._call(TALENT_BATCH_CREATE, Asked(body={"talents": talents}, idempotency_key=idempotency_key))

    def talent_delete(self, talent_id: str, *, idempotency_key: str | None = None) -> None:
        """Delete a talent and all that is known of them, and end their memberships.

        `DELETE /rencai/v1/talents/{talent_id}`
        Refused with 1002102 talent not exist.
        """
        self._call(TALENT_DELETE, Asked(path={"talent_id": talent_id}, idempotency_key=idempotency_key))

    def talent_onboard_status_update(
        self,
        talent_id: str,
        *,
        operation: Literal[1, 2],
        onboard_time: str | UnsetType = UNSET,
        overboard_time: str | UnsetType = UNSET,
    ) -> None:
        """Note that a talent has come on board, or has left.

        `POST /open-apis/hire/v1/talents/{talent_id}/onboard_status`
        Refused with 1002102 talent not exist.
        """
        self._call(
            TALENT_ONBOARD_STATUS_UPDATE,
            Asked(
                path={"talent_id": talent_id},
                body={"operation": operation, "onboard_time": onboard_time, "overboard_time": overboard_time},
            ),
        )

    def talent_block_change(self, *, talent_id: str, option: Literal[1, 2], reason: str | UnsetType = UNSET) -> None:
        """Put a talent on the block list, or take them off.

        `POST /open-apis/hire/v1/talent_blocklist/change_talent_block`
        Refused with 1002102 talent not exist.
        """
        self._call(TALENT_BLOCK_CHANGE, Asked(body={"talent_id": talent_id, "option": option, "reason": reason}))

    def talent_external_info_create(
        self, talent_id: str, *, external_create_time: str
    ) -> talent_states.OneExternalInfo:
        """Note when another system made a talent.

        `POST /open-apis/hire/v1/talents/{talent_id}/external_info`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            TALENT_EXTERNAL_INFO_CREATE,
            Asked(path={"talent_id": talent_id}, body={"external_create_time": external_create_time}),
        )

    def talent_external_info_update(
        self, talent_id: str, *, external_create_time: str
    ) -> talent_states.OneExternalInfo:
        """Correct when another system made a talent.

        `PUT /open-apis/hire/v1/talents/{talent_id}/external_info`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            TALENT_EXTERNAL_INFO_UPDATE,
            Asked(path={"talent_id": talent_id}, body={"external_create_time": external_create_time}),
        )

    def talent_folder_list(
        self,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
    ) -> talent_folders.TalentFolderPage:
        """List talent folders in order of creation.

        `GET /open-apis/hire/v1/talent_folders`
        """
        return self._call(
            TALENT_FOLDER_LIST,
            Asked(query={"user_id_type": user_id_type, "page_size": page_size, "page_token": page_token}),
        )

    def talent_folder_list_all(
        self,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
    ) -> Iterator[talent_folders.TalentFolder]:
        """List talent folders in order of creation, page after page.

        `GET /open-apis/hire/v1/talent_folders`
        """
        return self._items(TALENT_FOLDER_LIST, Asked(query={"user_id_type": user_id_type, "page_size": page_size}))

    def talent_add_to_folder(self, *, talent_id_list: list[str], folder_id: str) -> talent_folders.FolderTalents:
        """Put up to 200 talents into a folder.

        `POST /open-apis/hire/v1/talents/add_to_folder`
        Refused with 1002102 talent not exist.
        """
        return self._call(TALENT_ADD_TO_FOLDER, Asked(body={"talent_id_list": talent_id_list, "folder_id": folder_id}))

    def talent_remove_to_folder(self, *, talent_id_list: list[str], folder_id: str) -> talent_folders.FolderTalents:
        """Take up to 200 talents out of a folder; the reply lists those who were in it.

        `POST /open-apis/hire/v1/talents/remove_to_folder`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            TALENT_REMOVE_TO_FOLDER, Asked(body={"talent_id_list": talent_id_list, "folder_id": folder_id})
        )

    def talent_folder_create(
        self, *, folder_name: str, owner_id: str | UnsetType = UNSET, idempotency_key: str | None = None
    ) -> talent_folders.OneTalentFolder:
        """Create a talent folder.

        `POST /rencai/v1/talent_folders`
        """
        return self._call(
            TALENT_FOLDER_CREATE,
            Asked(body={"folder_name": folder_name, "owner_id": owner_id}, idempotency_key=idempotency_key),
        )

    def talent_folder_update(
        self,
        folder_id: str,
        *,
        folder_name: str | UnsetType = UNSET,
        owner_id: str | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_folders.OneTalentFolder:
        """Change a talent folder's name or owner.

        `PATCH /rencai/v1/talent_folders/{folder_id}`
        """
        return self._call(
            TALENT_FOLDER_UPDATE,
            Asked(
                path={"folder_id": folder_id},
                body={"folder_name": folder_name, "owner_id": owner_id},
                idempotency_key=idempotency_key,
            ),
        )

    def talent_folder_delete(self, folder_id: str, *, idempotency_key: str | None = None) -> None:
        """Delete an empty talent folder.

        `DELETE /rencai/v1/talent_folders/{folder_id}`
        Refused with 1990004 talent folder not empty.
        """
        self._call(TALENT_FOLDER_DELETE, Asked(path={"folder_id": folder_id}, idempotency_key=idempotency_key))

    def talent_tag_list(
        self,
        *,
        keyword: str | UnsetType = UNSET,
        id_list: list[str] | UnsetType = UNSET,
        type: Literal[1, 2] | UnsetType = UNSET,
        include_inactive: bool | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
    ) -> talent_tags.TalentTagPage:
        """List talent tags, newest first.

        `GET /open-apis/hire/v1/talent_tags`
        """
        return self._call(
            TALENT_TAG_LIST,
            Asked(
                query={
                    "keyword": keyword,
                    "id_list": id_list,
                    "type": type,
                    "include_inactive": include_inactive,
                    "page_size": page_size,
                    "page_token": page_token,
                }
            ),
        )

    def talent_tag_list_all(
        self,
        *,
        keyword: str | UnsetType = UNSET,
        id_list: list[str] | UnsetType = UNSET,
        type: Literal[1, 2] | UnsetType = UNSET,
        include_inactive: bool | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
    ) -> Iterator[talent_tags.TalentTag]:
        """List talent tags, newest first, page after page.

        `GET /open-apis/hire/v1/talent_tags`
        """
        return self._items(
            TALENT_TAG_LIST,
            Asked(
                query={
                    "keyword": keyword,
                    "id_list": id_list,
                    "type": type,
                    "include_inactive": include_inactive,
                    "page_size": page_size,
                }
            ),
        )

    def talent_tag(self, talent_id: str, *, operation: Literal[1, 2], tag_id_list: list[str]) -> None:
        """Give tags to a talent, or take them off.

        `POST /open-apis/hire/v1/talents/{talent_id}/tag`
        Refused with 1002102 talent not exist, 1002111 talent tag id is wrong, 1002112 talent tag is not
        enabled, 1002113 talent already has the tag, 1002114 talent does not have the tag.
        """
        self._call(
            TALENT_TAG, Asked(path={"talent_id": talent_id}, body={"operation": operation, "tag_id_list": tag_id_list})
        )

    def talent_tag_create(
        self,
        *,
        name: fields.GivenName,
        description: fields.GivenDescription | UnsetType = UNSET,
        type: Literal[1, 2] | UnsetType = UNSET,
        active_status: Literal[1, 2] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_tags.OneTalentTag:
        """Create a talent tag.

        `POST /rencai/v1/talent_tags`
        """
        return self._call(
            TALENT_TAG_CREATE,
            Asked(
                body={"name": name, "description": description, "type": type, "active_status": active_status},
                idempotency_key=idempotency_key,
            ),
        )

    def talent_tag_update(
        self,
        tag_id: str,
        *,
        name: fields.GivenName | UnsetType = UNSET,
        description: fields.GivenDescription | UnsetType = UNSET,
        type: Literal[1, 2] | UnsetType = UNSET,
        active_status: Literal[1, 2] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_tags.OneTalentTag:
        """Change a talent tag, or switch it off.

        `PATCH /rencai/v1/talent_tags/{tag_id}`
        """
        return self._call(
            TALENT_TAG_UPDATE,
            Asked(
                path={"tag_id": tag_id},
                body={"name": name, "description": description, "type": type, "active_status": active_status},
                idempotency_key=idempotency_key,
            ),
        )

    def talent_object_query(self) -> talent_objects.TalentModules:
        """List all modules with their custom fields.

        `GET /open-apis/hire/v1/talent_objects/query`
        """
        return self._call(TALENT_OBJECT_QUERY, Asked())

    def talent_object_create(
        self,
        *,
        name: fields.GivenName,
        setting: talent_objects.GivenSetting,
        parent_id: str | UnsetType = UNSET,
        description: fields.GivenDescription | UnsetType = UNSET,
        is_required: bool | UnsetType = UNSET,
        active_status: Literal[1, 2] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_objects.OneTalentObject:
        """Create a custom field, or a module of them.

        `POST /rencai/v1/talent_objects`
        """
        return self._call(
            TALENT_OBJECT_CREATE,
            Asked(
                body={
                    "name": name,
                    "setting": setting,
                    "parent_id": parent_id,
                    "description": description,
                    "is_required": is_required,
                    "active_status": active_status,
                },
                idempotency_key=idempotency_key,
            ),
        )

    def talent_object_update(
        self,
        object_id: str,
        *,
        name: fields.GivenName | UnsetType = UNSET,
        description: fields.GivenDescription | UnsetType = UNSET,
        setting: talent_objects.SettingPatch | UnsetType = UNSET,
        is_required: bool | UnsetType = UNSET,
        active_status: Literal[1, 2] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> talent_objects.OneTalentObject:
        """Change a custom field or module, or switch it off.

        `PATCH /rencai/v1/talent_objects/{object_id}`
        """
        return self._call(
            TALENT_OBJECT_UPDATE,
            Asked(
                path={"object_id": object_id},
                body={
                    "name": name,
                    "description": description,
                    "setting": setting,
                    "is_required": is_required,
                    "active_status": active_status,
                },
                idempotency_key=idempotency_key,
            ),
        )

    def note_create(
        self,
        *,
        talent_id: str,
        content: str,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        application_id: str | UnsetType = UNSET,
        creator_id: str | UnsetType = UNSET,
        privacy: Literal[1, 2] | UnsetType = UNSET,
        notify_mentioned_user: bool | UnsetType = UNSET,
        mention_entity_list: list[notes.Mention] | UnsetType = UNSET,
    ) -> notes.OneNote:
        """Write a note on a talent.

        `POST /open-apis/hire/v1/notes`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            NOTE_CREATE,
            Asked(
                query={"user_id_type": user_id_type},
                body={
                    "talent_id": talent_id,
                    "content": content,
                    "application_id": application_id,
                    "creator_id": creator_id,
                    "privacy": privacy,
                    "notify_mentioned_user": notify_mentioned_user,
                    "mention_entity_list": mention_entity_list,
                },
            ),
        )

    def note_list(
        self,
        *,
        talent_id: str,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
    ) -> notes.NotePage:
        """List a talent's notes, newest first.

        `GET /open-apis/hire/v1/notes`
        Refused with 1002102 talent not exist.
        """
        return self._call(
            NOTE_LIST,
            Asked(
                query={
                    "user_id_type": user_id_type,
                    "talent_id": talent_id,
                    "page_size": page_size,
                    "page_token": page_token,
                }
            ),
        )

    def note_list_all(
        self,
        *,
        talent_id: str,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
    ) -> Iterator[notes.Note]:
        """List a talent's notes, newest first, page after page.

        `GET /open-apis/hire/v1/notes`
        Refused with 1002102 talent not exist.
        """
        return self._items(
            NOTE_LIST, Asked(query={"user_id_type": user_id_type, "talent_id": talent_id, "page_size": page_size})
        )

    def note_get(
        self,
        note_id: str,
        *,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
    ) -> notes.OneNote:
        """Show one note.

        `GET /open-apis/hire/v1/notes/{note_id}`
        Refused with 1002002 note not exist.
        """
        return self._call(NOTE_GET, Asked(path={"note_id": note_id}, query={"user_id_type": user_id_type}))

    def note_update(
        self,
        note_id: str,
        *,
        content: str,
        user_id_type: Literal["open_id", "union_id", "user_id", "people_admin_id"] | UnsetType = UNSET,
        operator_id: str | UnsetType = UNSET,
        notify_mentioned_user: bool | UnsetType = UNSET,
        mention_entity_list: list[notes.Mention] | UnsetType = UNSET,
    ) -> notes.OneNote:
        """Change a note's content.

        `PATCH /open-apis/hire/v1/notes/{note_id}`
        Refused with 1002002 note not exist.
        """
        return self._call(
            NOTE_UPDATE,
            Asked(
                path={"note_id": note_id},
                query={"user_id_type": user_id_type},
                body={
                    "content": content,
                    "operator_id": operator_id,
                    "notify_mentioned_user": notify_mentioned_user,
                    "mention_entity_list": mention_entity_list,
                },
            ),
        )

    def note_delete(self, note_id: str) -> None:
        """Delete a note.

        `DELETE /open-apis/hire/v1/notes/{note_id}`
        Refused with 1002002 note not exist.
        """
        self._call(NOTE_DELETE, Asked(path={"note_id": note_id}))

    def talent_operation_log_search(
        self,
        *,
        operator_id_list: list[str],
        operation_list: list[int],
        user_id_type: Literal["open_id", "union_id", "user_id"] | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        job_id_list: list[str] | UnsetType = UNSET,
    ) -> operation_logs.OperationLogPage:
        """List operations on talents, newest first.

        `POST /open-apis/hire/v1/talent_operation_logs/search`
        """
        return self._call(
            TALENT_OPERATION_LOG_SEARCH,
            Asked(
                query={"user_id_type": user_id_type, "page_size": page_size, "page_token": page_token},
                body={
                    "operator_id_list": operator_id_list,
                    "operation_list": operation_list,
                    "job_id_list": job_id_list,
                },
            ),
        )

    def talent_operation_log_search_all(
        self,
        *,
        operator_id_list: list[str],
        operation_list: list[int],
        user_id_type: Literal["open_id", "union_id", "user_id"] | UnsetType = UNSET,
        page_size: int | UnsetType = UNSET,
        job_id_list: list[str] | UnsetType = UNSET,
    ) -> Iterator[operation_logs.OperationLog]:
        """List operations on talents, newest first, page after page.

        `POST /open-apis/hire/v1/talent_operation_logs/search`
        """
        return self._items(
            TALENT_OPERATION_LOG_SEARCH,
            Asked(
                query={"user_id_type": user_id_type, "page_size": page_size},
                body={
                    "operator_id_list": operator_id_list,
                    "operation_list": operation_list,
                    "job_id_list": job_id_list,
                },
            ),
        )

    def change_list(
        self,
        *,
        page_size: int | UnsetType = UNSET,
        page_token: str | UnsetType = UNSET,
        talent_pool_id: str | UnsetType = UNSET,
        talent_id: str | UnsetType = UNSET,
        app_id: str | UnsetType = UNSET,
        operation: str | UnsetType = UNSET,
        run_id: str | UnsetType = UNSET,
        start_time: str | UnsetType = UNSET,
        end_time: str | UnsetType = UNSET,
        order: Literal["desc", "asc"] | UnsetType = UNSET,
    ) -> changes.ChangePage:
        """List changes of membership.

        `GET /rencai/v1/changes`
        Refused with 1002109 talent pool not exist.
        """
        return self._call(
            CHANGE_LIST,
            Asked(
                query={
                    "page_size": page_size,
                    "page_token": page_token,
                    "talent_pool_id": talent_pool_id,
                    "talent_id": talent_id,
                    "app_id": app_id,
                    "operation": operation,
                    "run_id": run_id,
                    "start_time": start_time,
                    "end_time": end_time,
                    "order": order,
                }
            ),
        )

    def change_list_all(
        self,
        *,
        page_size: int | UnsetType = UNSET,
        talent_pool_id: str | UnsetType = UNSET,
        talent_id: str | UnsetType = UNSET,
        app_id: str | UnsetType = UNSET,
        operation: str | UnsetType = UNSET,
        run_id: str | UnsetType = UNSET,
        start_time: str | UnsetType = UNSET,
        end_time: str | UnsetType = UNSET,
        order: Literal["desc", "asc"] | UnsetType = UNSET,
    ) -> Iterator[changes.ChangeSummary]:
        """List changes of membership, page after page.

        `GET /rencai/v1/changes`
        Refused with 1002109 talent pool not exist.
        """
        return self._items(
            CHANGE_LIST,
            Asked(
                query={
                    "page_size": page_size,
                    "talent_pool_id": talent_pool_id,
                    "talent_id": talent_id,
                    "app_id": app_id,
                    "operation": operation,
                    "run_id": run_id,
                    "start_time": start_time,
                    "end_time": end_time,
                    "order": order,
                }
            ),
        )

    def change_get(self, change_id: str) -> changes.OneChange:
        """Show one change with the talents it moved.

        `GET /rencai/v1/changes/{change_id}`
        Refused with 1990003 change not exist.
        """
        return self._call(CHANGE_GET, Asked(path={"change_id": change_id}))

    def change_undo(
        self,
        change_id: str,
        *,
        dry_run: bool | UnsetType = UNSET,
        reason: str | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> changes.Undone:
        """Put back what a change did, but for what later changes have touched.

        `POST /rencai/v1/changes/{change_id}/undo`
        Refused with 1990003 change not exist, 1990007 change already undone, 1002109 talent pool not exist.
        """
        return self._call(
            CHANGE_UNDO,
            Asked(
                path={"change_id": change_id},
                body={"dry_run": dry_run, "reason": reason},
                idempotency_key=idempotency_key,
            ),
        )

    def run_create(
        self,
        *,
        talent_pool_id: str,
        action: Literal["add", "remove", "set"],
        source: str | membership_changes.Expression,
        on_missing: Literal["fail", "skip"] | UnsetType = UNSET,
        reason: str | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> runs.OneRun:
        """Add, remove or set any number of talents, from pools or from a list of ids, one a line.

        `POST /rencai/v1/runs`
        Refused with 1002109 talent pool not exist, 1990021 too many runs, 1990022 run is over, 1990025
        upload broken off.
        """
        return self._call(
            RUN_CREATE,
            Asked(
                body={
                    "talent_pool_id": talent_pool_id,
                    "action": action,
                    "from": source,
                    "on_missing": on_missing,
                    "reason": reason,
                },
                idempotency_key=idempotency_key,
            ),
        )

    def run_create_upload(
        self,
        *,
        lines: Callable[[], Iterable[bytes]],
        talent_pool_id: str,
        action: Literal["add", "remove", "set"],
        on_missing: Literal["fail", "skip"] | UnsetType = UNSET,
        reason: str | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> runs.OneRun:
        """Add, remove or set any number of talents, from pools or from a list of ids, one a line.

        `POST /rencai/v1/runs`
        `lines` gives the ids, one a line, anew for each try.
        Refused with 1002109 talent pool not exist, 1990021 too many runs, 1990022 run is over, 1990025
        upload broken off.
        """
        return self._call(
            RUN_CREATE,
            Asked(
                query={"talent_pool_id": talent_pool_id, "action": action, "on_missing": on_missing, "reason": reason},
                lines=lines,
                idempotency_key=idempotency_key,
            ),
        )

    def run_list(self, *, page_size: int | UnsetType = UNSET, page_token: str | UnsetType = UNSET) -> runs.RunPage:
        """List runs, newest first.

        `GET /rencai/v1/runs`
        """
        return self._call(RUN_LIST, Asked(query={"page_size": page_size, "page_token": page_token}))

    def run_list_all(self, *, page_size: int | UnsetType = UNSET) -> Iterator[runs.Run]:
        """List runs, newest first, page after page.

        `GET /rencai/v1/runs`
        """
        return self._items(RUN_LIST, Asked(query={"page_size": page_size}))

    def run_get(self, run_id: str) -> runs.OneRun:
        """Show one run.

        `GET /rencai/v1/runs/{run_id}`
        Refused with 1990020 run not exist.
        """
        return self._call(RUN_GET, Asked(path={"run_id": run_id}))

    def run_cancel(self, run_id: str, *, idempotency_key: str | None = None) -> runs.OneRun:
        """Stop a run where it is; what it has done stays.

        `POST /rencai/v1/runs/{run_id}/cancel`
        Refused with 1990020 run not exist, 1990022 run is over.
        """
        return self._call(RUN_CANCEL, Asked(path={"run_id": run_id}, idempotency_key=idempotency_key))

    def run_undo(
        self, run_id: str, *, reason: str | UnsetType = UNSET, idempotency_key: str | None = None
    ) -> runs.OneRun:
        """Begin a run that puts back what a run did, but for what later changes have touched.

        `POST /rencai/v1/runs/{run_id}/undo`
        Refused with 1990020 run not exist, 1990023 run is not over, 1990024 run already undone, 1002109
        talent pool not exist, 1990003 change not exist, 1990021 too many runs.
        """
        return self._call(
            RUN_UNDO, Asked(path={"run_id": run_id}, body={"reason": reason}, idempotency_key=idempotency_key)
        )

    def run_results(self, run_id: str) -> Iterator[runs.RunResult]:
        """What became of each id so far, by id, a JSON object a line.

        `GET /rencai/v1/runs/{run_id}/results`
        Refused with 1990020 run not exist.
        """
        return self._stream(RUN_RESULTS, Asked(path={"run_id": run_id}))
