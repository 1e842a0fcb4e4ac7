-- Who may send us instances, and for which site: machines, and other systems that were allowed to.
create view images.sender as
select ae_title, site_id, valid_from, valid_to
from territory.device
union all
select p.ae_title, p.site_id, p.valid_from, p.valid_to
from territory.peer p
where p.may_store and p.site_id is not null
  and not exists (select from territory.device d where d.ae_title = p.ae_title);
